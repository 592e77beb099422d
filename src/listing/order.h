#pragma once

#include <cstdint>
#include <string_view>

namespace bobbin::listing {

/// By what the entries of a folder are sorted. Folders come before files in any case.
enum class SortBy : std::uint8_t { name, size, time };

struct Order {
  SortBy by = SortBy::name;
  bool descending = false;
  friend bool operator==(const Order&, const Order&) = default;
};

/// What the place of an entry depends on.
struct SortKey {
  std::string_view name;
  bool is_folder = false;
  std::uint64_t number = 0;  ///< size or time; 0 where entries are sorted by name
};

/// Negative, 0 or positive. As people read names: without regard to the case of ASCII letters, and numbers by
/// their value, so that `a9` comes before `A10`. Names that are equal so are compared byte by byte.
[[nodiscard]] int compare_names(std::string_view one, std::string_view other);

/// Whether `one` comes before `other`. Where the numbers are equal, names go upwards.
[[nodiscard]] bool comes_before(const SortKey& one, const SortKey& other, const Order& order);

}  // namespace bobbin::listing
