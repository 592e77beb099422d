#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bobbin::audit {

/// Why something that a site serves, or would serve, is shown to the operator.
enum class Flag : std::uint8_t {
  version_control,
  private_key,
  configuration,
  secret_of_ours,
  database,
  leaving,
  archive,
  script,
  source_map,
  open_document,
  writable_by_all,
  link_out,
  link_refused,
  unreadable,
};

/// What an operator is told of one kind of flag.
struct FlagText {
  Flag flag;
  std::string_view id;      ///< for programs: "private-key"; never changes
  std::string_view title;   ///< "Private keys"
  std::string_view reason;  ///< a sentence
  std::string_view remedy;  ///< a sentence
};
[[nodiscard]] const FlagText& text_of(Flag flag);

/// How many kinds there are.
inline constexpr std::size_t kFlags = static_cast<std::size_t>(Flag::unreadable) + 1;

}  // namespace bobbin::audit
