#include "http/range.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/ascii.h"

namespace bobbin::http {
namespace {

/// One member of a range set as it is written (RFC 9110 §14.1.1): `first-last`, `first-`, or `-suffix`, where
/// `last` is the number of bytes wanted from the end.
struct RangeSpec {
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;
};

/// 1*DIGIT at the front of `text`, which it leaves. A number too large for us is as good as the largest: it
/// lies past the end of everything.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  constexpr std::uint64_t kMaximum = std::numeric_limits<std::uint64_t>::max();
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  std::uint64_t value = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1)) {
    const auto digit = static_cast<std::uint64_t>(text.front() - '0');
    value = value > (kMaximum - digit) / 10 ? kMaximum : value * 10 + digit;
  }
  return value;
}

std::optional<RangeSpec> parse_range_spec(std::string_view text) {
  RangeSpec spec;
  spec.first = take_number(text);
  if (!text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  spec.last = take_number(text);
  if (!text.empty() || (!spec.first && !spec.last)) return std::nullopt;
  if (spec.first && spec.last && *spec.last < *spec.first) return std::nullopt;
  return spec;
}

/// The set behind "bytes=", or nothing when it is malformed: then the field must be ignored (RFC 9110 §14.2).
std::optional<std::vector<RangeSpec>> parse_range_set(std::string_view set) {
  // A list may have white space around its commas (§5.6.1), but not before its first element.
  if (set.starts_with(' ') || set.starts_with('\t')) return std::nullopt;
  std::vector<RangeSpec> specs;
  while (!set.empty()) {
    const std::size_t end = std::min(set.find(','), set.size());
    const std::string_view element = trim(set.substr(0, end));
    set.remove_prefix(std::min(end + 1, set.size()));
    if (element.empty()) continue;
    const auto spec = parse_range_spec(element);
    if (!spec) return std::nullopt;
    specs.push_back(*spec);
  }
  if (specs.empty()) return std::nullopt;
  return specs;
}

/// What `spec` selects of `size` bytes; nothing when it is not satisfiable (RFC 9110 §14.1.2).
std::optional<ByteRange> apply(const RangeSpec& spec, std::uint64_t size) {
  if (!spec.first) {
    const std::uint64_t length = std::min(*spec.last, size);
    // The RFC calls a suffix of nothing satisfiable, but Content-Range has no way to say "no bytes".
    if (length == 0) return std::nullopt;
    return ByteRange{size - length, length};
  }
  if (*spec.first >= size) return std::nullopt;
  const std::uint64_t last = std::min(spec.last.value_or(size - 1), size - 1);
  return ByteRange{*spec.first, last - *spec.first + 1};
}

constexpr std::string_view kUnit = "bytes=";

}  // namespace

RangeSelection select_ranges(std::string_view field, std::uint64_t size) {
  using enum RangeSelection::Kind;
  if (!equals_ignoring_case(field.substr(0, kUnit.size()), kUnit)) return {whole, {}};
  const auto specs = parse_range_set(field.substr(kUnit.size()));
  if (!specs || specs->size() > kMaximumRanges) return {whole, {}};
  RangeSelection selection{partial, {}};
  std::uint64_t total = 0;
  for (const RangeSpec& spec : *specs) {
    const auto range = apply(spec, size);
    if (!range) continue;
    if (range->length > size - total) return {whole, {}};
    total += range->length;
    selection.ranges.push_back(*range);
  }
  if (selection.ranges.empty()) selection.kind = unsatisfiable;
  return selection;
}

}  // namespace bobbin::http
