#include "http/scan.h"

#include <gtest/gtest.h>
#include <string>

#include "http/http1/guarded_text.h"

namespace bobbin::http {
namespace {

/// Calls `check` with every byte at every place of a text as long as three blocks of sixteen and a rest, the
/// other bytes being `filler`. The text ends in front of a page that cannot be read.
template <typename Check>
void for_every_byte_in_every_place(char filler, Check check) {
  for (const std::size_t size : {1, 15, 16, 17, 31, 32, 51}) {
    http1::GuardedText memory(size);
    for (std::size_t place = 0; place < size; ++place) {
      for (int value = 0; value < 256; ++value) {
        std::string text(size, filler);
        text[place] = static_cast<char>(value);
        check(memory.hold(text), place);
      }
    }
  }
}

template <CharacterSet set>
void expect_exact(char filler) {
  for_every_byte_in_every_place(filler, [](std::string_view text, std::size_t place) {
    const char* const end = text.data() + text.size();
    const char* const expected = is_in(set, text[place]) ? end : text.data() + place;
    ASSERT_EQ(scan::skip<set>(text.data(), end), expected) << "at " << place << " of " << text.size();
    ASSERT_EQ(scan::scalar::skip<set>(text.data(), end), expected);
  });
}

TEST(Scan, StopsAtTheFirstByteOutsideTheSet) {
  // Two fillers where one of them is a byte that the blocks of sixteen leave to the table.
  expect_exact<CharacterSet::token>('a');
  expect_exact<CharacterSet::token>('7');
  expect_exact<CharacterSet::target>('/');
  expect_exact<CharacterSet::query>('&');
  expect_exact<CharacterSet::plain_segment>('.');
  expect_exact<CharacterSet::field_value>(' ');
  expect_exact<CharacterSet::field_value>('\xff');
}

TEST(Scan, OfNothingIsItsEnd) {
  const char* const text = "a";
  EXPECT_EQ(scan::skip<CharacterSet::token>(text, text), text);
}

}  // namespace
}  // namespace bobbin::http
