#pragma once

#include <string>
#include <string_view>

// How passwords are kept: as crypt(5) describes it.
namespace bobbin::auth {

/// Whether this is a whole hash of bcrypt ($2y$), yescrypt ($y$), gost-yescrypt ($gy$), scrypt ($7$) or
/// sha-crypt ($6$, $5$) that can be verified in a few seconds: bcrypt with a cost up to 16, sha-crypt with up
/// to 5,000,000 rounds. What is older is too weak.
[[nodiscard]] bool is_password_hash(const std::string& hash);

/// Whether `hash` is one of this password. Takes as long as whoever made the hash has chosen, mostly a tenth
/// of a second. `password` is of up to 511 bytes, without NUL; any other is wrong. `hash` is one that
/// is_password_hash() has allowed. Thread: any.
[[nodiscard]] bool is_password(const std::string& password, const std::string& hash);

}  // namespace bobbin::auth
