#include "http/trace_context.h"

#include <algorithm>
#include <cstddef>

namespace bobbin::http {
namespace {

// "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
constexpr std::size_t kVersionDigits = 2;
constexpr std::size_t kTraceIdDigits = 32;
constexpr std::size_t kParentIdDigits = 16;
constexpr std::size_t kFlagsDigits = 2;

bool is_hexadecimal(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '0'; });
}

/// Takes so many digits from the front, and the dash behind them, unless the text ends there.
std::optional<std::string_view> take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count || !is_hexadecimal(text.substr(0, count))) return std::nullopt;
  if (text.size() > count && text[count] != '-') return std::nullopt;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(std::min(text.size(), count + 1));
  return digits;
}

}  // namespace

std::optional<TraceContext> parse_traceparent(std::string_view value) {
  constexpr std::size_t kSize = kVersionDigits + kTraceIdDigits + kParentIdDigits + kFlagsDigits + 3;
  const std::size_t size = value.size();
  const auto version = take_digits(value, kVersionDigits);
  if (!version || *version == "ff" || (*version == "00" && size != kSize)) return std::nullopt;
  const auto trace_id = take_digits(value, kTraceIdDigits);
  const auto parent_id = take_digits(value, kParentIdDigits);
  if (!trace_id || !parent_id || is_zero(*trace_id) || is_zero(*parent_id)) return std::nullopt;
  if (!take_digits(value, kFlagsDigits)) return std::nullopt;
  return TraceContext{*trace_id, *parent_id};
}

}  // namespace bobbin::http
