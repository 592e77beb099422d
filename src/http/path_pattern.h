#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bobbin::http {

/// A pattern for paths, as an operator writes it: `/assets/**`, `*.html`, `/`. `?` is any one character but
/// '/',
/// `*` any number of them, and `**` any number of characters at all. Without '/' it is about the last segment
/// of a path, wherever that is; otherwise it begins with '/' and is about the whole path. The case of letters
/// matters. Thread: any (immutable).
class PathPattern {
 public:
  /// Nothing: the text has a '/' but does not begin with one, has an empty segment, a segment `.` or `..`, a
  /// control character, or is empty.
  [[nodiscard]] static std::optional<PathPattern> parse(std::string_view text);

  /// `path`: decoded, as in Request. Takes time in proportion to both lengths multiplied, at most.
  [[nodiscard]] bool matches(std::string_view path) const;
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  explicit PathPattern(std::string_view text) : text_(text) {}
  std::string text_;
};

}  // namespace bobbin::http
