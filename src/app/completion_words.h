#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/usage.h"

// What the completions of all shells have in common: which words may stand where.
namespace bobbin::app {

/// What can be proposed as the value of an option.
struct ValueWords {
  enum class Source : std::uint8_t { nothing, words, files, directories };
  Source source = Source::nothing;
  std::vector<std::string_view> words;  ///< where `source` says so
};

[[nodiscard]] ValueWords values_of(const Option& option);

/// The options that are allowed where the program is called so.
[[nodiscard]] std::vector<const Option*> options_of(const Usage& usage);

/// The first words that are commands: each once.
[[nodiscard]] std::vector<std::string_view> first_words();

/// The words behind "inbox".
[[nodiscard]] std::vector<std::string_view> inbox_words();

inline constexpr std::string_view kInboxMeaning =
    "takes records out of an inbox, or looks at an upload folder";

/// Whether the flag needs no value.
[[nodiscard]] bool stands_alone(const Option& option);

/// What the option means, in one sentence without a full stop, without what it stands behind.
[[nodiscard]] std::string_view short_meaning(const Option& option);

/// The words with blanks between them.
[[nodiscard]] std::string joined(const std::vector<std::string_view>& words);

}  // namespace bobbin::app
