#include "http/http1/input_buffer.h"

#include <gtest/gtest.h>
#include <string>

namespace bobbin::http::http1 {
namespace {

std::string numbered(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

/// Adds up how many bytes of a buffer have been moved, by looking where they lie.
class Moves {
 public:
  explicit Moves(const InputBuffer& buffer) : buffer_(buffer) {}
  /// Must be called after each change. The change has used `used_bytes` and appended `appended_bytes`.
  void look(std::size_t used_bytes, std::size_t appended_bytes) {
    if (buffer_.bytes().data() != expected_ + used_bytes)
      moved_bytes_ += buffer_.bytes().size() - appended_bytes;
    expected_ = buffer_.bytes().data();
  }
  [[nodiscard]] std::size_t moved_bytes() const { return moved_bytes_; }

 private:
  const InputBuffer& buffer_;
  const std::byte* expected_ = buffer_.bytes().data();
  std::size_t moved_bytes_ = 0;
};

TEST(InputBuffer, HoldsWhatHasBeenAppendedAndNotUsed) {
  InputBuffer buffer;
  EXPECT_TRUE(buffer.empty());
  buffer.append(as_bytes("abc"));
  buffer.append(as_bytes("defgh"));
  EXPECT_EQ(as_text(buffer.bytes()), "abcdefgh");
  buffer.keep_last(6);
  EXPECT_EQ(as_text(buffer.bytes()), "cdefgh");
  buffer.append(as_bytes("i"));
  EXPECT_EQ(as_text(buffer.bytes()), "cdefghi");
  buffer.keep_last(1);
  EXPECT_EQ(as_text(buffer.bytes()), "i");
  EXPECT_FALSE(buffer.empty());
  buffer.keep_last(0);
  EXPECT_TRUE(buffer.empty());
  EXPECT_TRUE(buffer.bytes().empty());
  buffer.append(as_bytes("jk"));
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
}

TEST(InputBuffer, MovesAConstantNumberOfTimesWhatIsAppendedInPieces) {
  for (const std::size_t size : {50'000U, 100'000U}) {
    const std::string text = numbered(size);
    InputBuffer buffer;
    Moves moves(buffer);
    for (const char& byte : text) {
      buffer.append(as_bytes({&byte, 1}));
      buffer.trim();
      moves.look(0, 1);
    }
    EXPECT_EQ(as_text(buffer.bytes()), text);
    EXPECT_LE(moves.moved_bytes(), 2 * size);
  }
}

TEST(InputBuffer, MovesNoMoreThanWhatIsUsedInPieces) {
  for (const std::size_t size : {50'000U, 100'000U}) {
    const std::string text = numbered(size);
    InputBuffer buffer;
    buffer.append(as_bytes(text));
    Moves moves(buffer);
    for (std::size_t left = size; left-- > 0;) {
      buffer.keep_last(left);
      ASSERT_EQ(as_text(buffer.bytes()), std::string_view(text).substr(size - left));
      buffer.trim();
      moves.look(1, 0);
    }
    // Twice: once to the front, and once into less memory.
    EXPECT_LE(moves.moved_bytes(), 2 * size);
  }
}

TEST(InputBuffer, TakesAtRestAConstantNumberOfTimesItsBytes) {
  InputBuffer buffer;
  for (std::size_t size = 1; size <= 5000; ++size) {
    buffer.append(as_bytes("x"));
    buffer.trim();
    ASSERT_LE(buffer.capacity(), 2 * size + 15);
  }
  for (std::size_t left = 5000; left-- > 0;) {
    buffer.keep_last(left);
    buffer.trim();
    ASSERT_LE(buffer.capacity(), 4 * left + 15);
  }
}

}  // namespace
}  // namespace bobbin::http::http1
