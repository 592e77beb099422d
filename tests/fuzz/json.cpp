#include <algorithm>
#include <boost/json/parse.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/utf8.h"
#include "given.h"
#include "json/validator.h"

// A JSON text. Verdict and fault are the same whatever the splits; the verdict is that of Boost.JSON over the
// whole text; the fault lies where it says.
namespace bobbin::fuzz {
namespace {

using json::Fault;
using json::Validator;

template <typename PieceSize>
std::optional<Fault> fault_of(std::string_view text, PieceSize size) {
  Validator validator;
  while (!text.empty()) {
    const ExactCopy piece(text.substr(0, size(text.size())));
    if (!validator.feed(as_bytes(piece.text()))) return validator.fault();
    text.remove_prefix(piece.text().size());
  }
  if (!validator.finish()) return validator.fault();
  return std::nullopt;
}

std::optional<Fault> fault_of(std::string_view text) {
  return fault_of(text, [](std::size_t size) { return size; });
}

bool boost_accepts(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = Validator::kMaximumDepth;
  boost::json::error_code code;
  (void)boost::json::parse({text.data(), text.size()}, code, {}, options);
  return !code;
}

void check_place(const Fault& fault, std::string_view text) {
  ASSERT(!fault.reason.empty() && is_utf8(fault.reason));
  ASSERT(fault.byte_offset <= text.size());
  const std::string_view before = text.substr(0, fault.byte_offset);
  const auto newlines = static_cast<std::uint64_t>(std::count(before.begin(), before.end(), '\n'));
  const std::size_t line_feed = before.rfind('\n');
  ASSERT(fault.line == 1 + newlines);
  ASSERT(fault.column == before.size() - (line_feed == std::string_view::npos ? 0 : line_feed + 1) + 1);
  // What stands in front of the fault is not at fault: it is a value, or it merely ends too early.
  const auto earlier = fault_of(before);
  ASSERT(!earlier || earlier->byte_offset == before.size());
}

/// The validator works in blocks of about 4,000 bytes: so that short inputs, too, lie across the end of one,
/// something of that length may stand in front of them. It makes the input the rest of a text, or of a
/// string.
std::string place(std::string_view input, Choices& choices) {
  constexpr std::size_t kBlockBytes = 4000;
  const std::size_t size = kBlockBytes - choices.below(100);
  switch (choices.below(4)) {
    case 0: return std::string(size, '\n').append(input);
    case 1: return "[\"" + std::string(size, 'x').append(input);
    default: return std::string(input);
  }
}

void run(std::string_view given, Choices choices) {
  const std::string input = place(given, choices);
  const auto fault = fault_of(input);
  ASSERT(fault.has_value() != boost_accepts(input));
  if (fault) check_place(*fault, input);
  ASSERT(fault_of(input, [&choices](std::size_t size) { return choices.piece(size); }) == fault);
  ASSERT(fault_of(input, [](std::size_t) { return std::size_t{1}; }) == fault);
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
