#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

struct evp_md_ctx_st;

namespace bobbin::crypto {

/// A SHA-256 digest.
using Digest = std::array<std::byte, 32>;

/// SHA-256 (FIPS 180-4) of bytes that come in pieces. A copy goes on from where the original is: one that has
/// been given a secret first makes keyed digests, as long as nobody is shown them. Running out of memory
/// aborts the program. Thread: one at a time.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256& other);
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  Sha256& add(Bytes bytes);
  Sha256& add(std::string_view text) { return add(as_bytes(text)); }
  /// The digest of all that was added. Nothing may be added afterwards.
  [[nodiscard]] Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

[[nodiscard]] inline Digest sha256(std::string_view text) { return Sha256().add(text).finish(); }

/// 64 hexadecimal digits in lower case, as sha256sum(1) writes them.
[[nodiscard]] std::string hex_of(const Digest& digest);
/// Reads 64 hexadecimal digits in either case. Nothing: the text is something else.
[[nodiscard]] std::optional<Digest> digest_from_hex(std::string_view text);

/// Whether they are equal. The time that this takes depends on their sizes, and not on where they differ.
[[nodiscard]] bool is_same_secret(Bytes one, Bytes other);

}  // namespace bobbin::crypto
