#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace bobbin::os {

/// The number of a user or a group of this name, or of this number. ENOENT when there is none.
[[nodiscard]] Result<std::uint32_t> user_number(const std::string& name);
[[nodiscard]] Result<std::uint32_t> group_number(const std::string& name);

/// A user as the system knows it.
struct Account {
  std::string name;
  std::uint32_t user;
  std::uint32_t group;  ///< the first of its groups
};
/// That of this name, or of this number. ENOENT when there is none.
[[nodiscard]] Result<Account> account(const std::string& name);

}  // namespace bobbin::os
