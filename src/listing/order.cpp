#include "listing/order.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"

namespace bobbin::listing {
namespace {

/// How many digits there are at the front.
std::size_t count_digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

/// Takes the digits that `text` begins with off it, and returns them without zeros in front.
std::string_view take_number(std::string_view& text) {
  std::string_view number = text.substr(0, count_digits(text));
  text.remove_prefix(number.size());
  number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
  return number;
}

int compare_numbers(std::string_view one, std::string_view other) {
  if (one.size() != other.size()) return one.size() < other.size() ? -1 : 1;
  return one.compare(other);
}

}  // namespace

int compare_names(std::string_view one, std::string_view other) {
  // Most names of a folder begin alike, and most numbers in them have as many digits. What is equal in bytes
  // is equal here, but for the number that may be under way where they part.
  const auto parting = std::mismatch(one.begin(), one.end(), other.begin(), other.end()).first;
  auto equal = static_cast<std::size_t>(parting - one.begin());
  const std::size_t digits = count_digits(one.substr(equal));
  if (digits > 0 && digits == count_digits(other.substr(equal))) return one[equal] < other[equal] ? -1 : 1;
  while (equal > 0 && is_digit(one[equal - 1])) --equal;
  std::string_view a = one.substr(equal);
  std::string_view b = other.substr(equal);
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view number = take_number(a);
      if (const int result = compare_numbers(number, take_number(b)); result != 0) return result;
      continue;
    }
    const auto x = static_cast<unsigned char>(to_lower(a.front()));
    const auto y = static_cast<unsigned char>(to_lower(b.front()));
    if (x != y) return x < y ? -1 : 1;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  if (a.empty() != b.empty()) return a.empty() ? -1 : 1;
  return one.compare(other);
}

bool comes_before(const SortKey& one, const SortKey& other, const Order& order) {
  if (one.is_folder != other.is_folder) return one.is_folder;
  if (one.number != other.number) return (one.number < other.number) != order.descending;
  const int names = compare_names(one.name, other.name);
  return order.by == SortBy::name && order.descending ? names > 0 : names < 0;
}

}  // namespace bobbin::listing
