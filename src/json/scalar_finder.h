#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/pointer.h"

namespace bobbin::json {

/// Finds the string, number, true or false at each of some places of a JSON text, as a parser reads it. Of
/// a name that an object has several times the last one counts, as with most readers. A value of more than
/// kMostBytes is not kept. Thread: one at a time.
class ScalarFinder {
 public:
  static constexpr std::size_t kMostPointers = 16;
  static constexpr std::size_t kMostBytes = 1024;

  /// At most kMostPointers.
  explicit ScalarFinder(std::vector<Pointer> wanted) : wanted_(std::move(wanted)), found_(wanted_.size()) {}

  // What the parser sees. Texts come in parts.
  void begin_object() { open(false); }
  void begin_array() { open(true); }
  void end() { levels_.pop_back(); }
  void add_key_part(std::string_view part) { key_ += part; }
  void end_key(std::string_view part);
  void add_scalar_part(std::string_view part);
  /// The last part of a string or of a number as it stands there; or true or false.
  void end_scalar(std::string_view part);
  void null() { static_cast<void>(begin_value()); }

  /// The value at the place of this index: a string without its quotation marks and escapes, a number as it
  /// stands there. Nothing: there is none, or it is null, an object, an array, or too long.
  [[nodiscard]] const std::optional<std::string>& found(std::size_t index) const { return found_[index]; }

 private:
  using Set = std::uint32_t;  // of indices of pointers

  struct Level {
    bool is_array;
    Set on_path;           // pointers that lead to this object or array, or into it
    Set member = 0;        // of these, those that go on with the member whose value comes next
    std::uint64_t at = 0;  // the index of the element that comes next
  };

  void open(bool is_array);
  /// Which pointers lead to the value that begins here, or into it. Whatever they have led to is forgotten.
  [[nodiscard]] Set begin_value();
  [[nodiscard]] Set of_token(Set among, std::string_view token) const;

  std::vector<Pointer> wanted_;
  std::vector<std::optional<std::string>> found_;
  std::vector<Level> levels_;
  std::string key_;  // of which parts have come
  bool is_in_scalar_ = false;
  Set scalar_for_ = 0;  // pointers that lead to the scalar of which parts have come
  std::string scalar_;
};

}  // namespace bobbin::json
