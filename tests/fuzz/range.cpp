#include "http/range.h"

#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "given.h"

// A Range field against a representation of any size. What is selected exists, is not too much, and says what
// it is.
namespace bobbin::fuzz {
namespace {

void run(std::string_view input, Choices choices) {
  using Kind = http::RangeSelection::Kind;
  const std::uint64_t size = choices.of_any_size();
  const ExactCopy copy(input);
  const http::RangeSelection selection = http::select_ranges(copy.text(), size);
  ASSERT((selection.kind == Kind::partial) == !selection.ranges.empty());
  ASSERT(selection.ranges.size() <= http::kMaximumRanges);
  std::uint64_t left = size;
  for (const http::ByteRange& range : selection.ranges) {
    ASSERT(range.length > 0 && range.length <= size && range.offset <= size - range.length);
    ASSERT(range.length <= left);
    left -= range.length;
  }
  // Nothing but a set of ranges of this unit can change what is answered.
  if (!input.starts_with("bytes=") && !input.starts_with("b") && !input.starts_with("B"))
    ASSERT(selection.kind == Kind::whole);
  if (input.find('-') == std::string_view::npos) ASSERT(selection.kind == Kind::whole);
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
