#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bobbin::json {

/// A JSON object that has been read (RFC 8259 §4): for what we have written ourselves, and for a short text
/// whose sender has been verified; not for whatever arrives, since it takes more memory than the text. Of a
/// name that is there several times the last one counts. Immutable.
class Object {
 public:
  /// Nothing: the text is something else. At most 32 levels.
  [[nodiscard]] static std::optional<Object> parse(std::string_view text);
  Object(Object&&) noexcept;
  Object& operator=(Object&&) noexcept;
  ~Object();

  [[nodiscard]] bool has(std::string_view name) const;
  /// The member of this name. Nothing: there is none, or it is no string.
  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  /// The same of a whole number that is not negative.
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name) const;
  /// The same of an object; a copy.
  [[nodiscard]] std::optional<Object> object(std::string_view name) const;
  /// The same of an array of arrays of two strings each, such as [["a","1"],["b","2"]].
  [[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> pairs(
      std::string_view name) const;

 private:
  struct Value;
  explicit Object(std::unique_ptr<Value> value);
  std::unique_ptr<Value> value_;
};

/// Appends `text`, which is UTF-8, as a JSON string with its quotes (RFC 8259 §7).
void append_string(std::string& out, std::string_view text);
/// How many bytes append_string appends.
[[nodiscard]] std::size_t string_size(std::string_view text);

}  // namespace bobbin::json
