#include "json/utf8_check.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace bobbin::json {
namespace {

// A finite automaton whose states are shift counts: the row of a byte holds, at the place of each state, the
// state that follows it. So a step is one load, which does not wait for the step before, and one shift.
// (What a branch would have to foresee, the mixture of long and short characters, differs from word to word.)
constexpr unsigned kStateBits = 6;
enum State : unsigned {
  between = 0 * kStateBits,  // characters: the state to begin and to end in
  invalid = 1 * kStateBits,
  one_more = 2 * kStateBits,  // continuation bytes
  two_more = 3 * kStateBits,
  three_more = 4 * kStateBits,
  after_e0 = 5 * kStateBits,  // RFC 3629 §4: behind these four, the second byte has a narrower range
  after_ed = 6 * kStateBits,
  after_f0 = 7 * kStateBits,
  after_f4 = 8 * kStateBits,
};

constexpr State first_state(unsigned byte) {
  if (byte < 0x80) return between;
  if (byte < 0xC2 || byte > 0xF4) return invalid;
  if (byte < 0xE0) return one_more;
  if (byte == 0xE0) return after_e0;
  if (byte == 0xED) return after_ed;
  if (byte < 0xF0) return two_more;
  if (byte == 0xF0) return after_f0;
  return byte == 0xF4 ? after_f4 : three_more;
}

constexpr std::uint64_t row(unsigned byte) {
  std::uint64_t row = 0;
  const auto lead = [&row](State from, State to) { row |= std::uint64_t{to} << from; };
  const auto continuation = [&](State from, State to, unsigned lowest = 0x80, unsigned highest = 0xBF) {
    lead(from, byte >= lowest && byte <= highest ? to : invalid);
  };
  lead(between, first_state(byte));
  lead(invalid, invalid);
  continuation(one_more, between);
  continuation(two_more, one_more);
  continuation(three_more, two_more);
  continuation(after_e0, one_more, 0xA0);
  continuation(after_ed, one_more, 0x80, 0x9F);
  continuation(after_f0, two_more, 0x90);
  continuation(after_f4, two_more, 0x80, 0x8F);
  return row;
}

constexpr auto kRows = [] {
  std::array<std::uint64_t, 256> rows{};
  for (unsigned byte = 0; byte < rows.size(); ++byte) rows[byte] = row(byte);
  return rows;
}();

constexpr std::uint64_t kStateMask = (1U << kStateBits) - 1;

std::uint64_t step(std::uint64_t state, char byte) {
  return kRows[static_cast<unsigned char>(byte)] >>
         (state & kStateMask);  // a shift in hardware masks by itself
}

bool is_ascii(std::uint64_t eight_bytes) { return (eight_bytes & 0x8080'8080'8080'8080U) == 0; }

}  // namespace

bool is_valid_utf8(std::string_view text) {
  constexpr std::size_t kRun = 16;
  std::uint64_t state = between;
  for (; text.size() >= kRun; text.remove_prefix(kRun)) {
    std::array<std::uint64_t, 2> words;
    std::memcpy(words.data(), text.data(), kRun);
    if ((state & kStateMask) == between && is_ascii(words[0] | words[1])) continue;
    for (std::size_t i = 0; i < kRun; ++i) state = step(state, text[i]);
  }
  for (const char byte : text) state = step(state, byte);
  return (state & kStateMask) == between;
}

}  // namespace bobbin::json
