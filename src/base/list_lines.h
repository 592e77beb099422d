#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace bobbin {

/// A line of a text, without its end.
struct NumberedLine {
  std::size_t number = 0;  ///< from 1, of all lines
  std::string_view text;
};

/// The lines of a file that lists something, one after the other. A line ends with LF, or with CR and LF; of
/// the last one the end may be missing. Those that are empty or begin with # are passed over. The text
/// outlives this.
class ListLines {
 public:
  explicit constexpr ListLines(std::string_view text) : rest_(text) {}

  /// Nothing: there are no more.
  [[nodiscard]] constexpr std::optional<NumberedLine> next() {
    while (!rest_.empty()) {
      std::string_view line = rest_.substr(0, rest_.find('\n'));
      rest_.remove_prefix(line.size() < rest_.size() ? line.size() + 1 : line.size());
      ++number_;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!line.empty() && !line.starts_with('#')) return NumberedLine{number_, line};
    }
    return std::nullopt;
  }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

}  // namespace bobbin
