#include "inbox/record_name.h"

#include <algorithm>

#include "base/ascii.h"
#include "store/document_name.h"

namespace bobbin::inbox {
namespace {

bool is_in_consumer_name(char c) {
  const char lower = to_lower(c);
  return (lower >= 'a' && lower <= 'z') || is_digit(c) || c == '-' || c == '_';
}

bool is_in_id(char c) { return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'); }

}  // namespace

bool is_record_name(std::string_view name) {
  // In this pattern 0 stands for any digit, and a for any character of an id.
  constexpr std::string_view kPattern = "00000000T000000.000000Z-aaaaaaaaaaaaaaaaaaaaaaaaaa.....";
  static_assert(kPattern.size() == store::kRecordNameBytes);
  static_assert(store::kRecordEnding.size() == store::kSegmentEnding.size());
  constexpr std::size_t kIdBegin = kPattern.find('a');
  constexpr std::size_t kIdEnd = kPattern.rfind('a') + 1;
  if (name.size() != kPattern.size()) return false;
  if (!name.ends_with(store::kRecordEnding) && !name.ends_with(store::kSegmentEnding)) return false;
  for (std::size_t i = 0; i < kIdEnd; ++i) {
    const bool fits = i >= kIdBegin && i < kIdEnd ? is_in_id(name[i])
                      : kPattern[i] == '0'        ? is_digit(name[i])
                                                  : name[i] == kPattern[i];
    if (!fits) return false;
  }
  return true;
}

bool is_consumer_name(std::string_view name) {
  constexpr std::size_t kMost = 64;
  return !name.empty() && name.size() <= kMost && std::ranges::all_of(name, is_in_consumer_name);
}

std::optional<Claim> claim_in(std::string_view name) {
  if (name.size() < store::kRecordNameBytes + 2) return std::nullopt;
  const std::string_view record = name.substr(name.size() - store::kRecordNameBytes);
  name.remove_suffix(record.size());
  if (!name.ends_with('.') || !is_record_name(record)) return std::nullopt;
  name.remove_suffix(1);
  if (!std::ranges::all_of(name, [](char c) { return is_in_consumer_name(c) || c == '.'; }))
    return std::nullopt;
  return Claim{.consumer = std::string(name), .record = std::string(record)};
}

}  // namespace bobbin::inbox
