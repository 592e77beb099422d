#include <cstdint>
#include <cstdlib>
#include <gtest/gtest.h>
#include <malloc.h>
#include <new>
#include <string>

#include "http/http1/session_driver.h"

// How much memory a session asks for while a head arrives in pieces, and what it then holds. Every copy of
// what has arrived goes to memory that was allocated for it, so the bytes allocated tell how often the head
// was copied, without a clock. Not where clang's ThreadSanitizer has operators of its own.
#if !(defined(__clang__) && defined(__SANITIZE_THREAD__))
namespace {

// Of this thread.
thread_local std::uint64_t allocated_bytes = 0;  // since it began, freed or not
thread_local std::uint64_t freed_bytes = 0;

}  // namespace

// NOLINTBEGIN(cppcoreguidelines-no-malloc)
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  void* const memory = std::malloc(size);
  if (memory != nullptr) allocated_bytes += ::malloc_usable_size(memory);
  return memory;
}
void* operator new(std::size_t size) {
  void* const memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept {
  freed_bytes += ::malloc_usable_size(memory);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }
// NOLINTEND(cppcoreguidelines-no-malloc)

namespace bobbin::http::http1 {
namespace {

constexpr std::string_view kFront = "POST /later HTTP/1.1\r\nHost: a\r\nX: ";

std::uint64_t held_bytes() { return allocated_bytes - freed_bytes; }

/// A session in which the value of a field arrives in pieces.
class HeadInPieces {
 public:
  HeadInPieces(std::size_t size, std::size_t piece_size, std::string_view front = kFront)
      : piece_(piece_size, 'x') {
    driver_.feed(front);
    const std::uint64_t before = allocated_bytes;
    for (std::size_t arrived = 0; arrived < size; arrived += piece_size) {
      driver_.session().received(as_bytes(piece_), driver_.now);
      driver_.session().rest();
    }
    allocated_bytes_ = allocated_bytes - before;
    EXPECT_EQ(driver_.session().state_name(), "head");
  }
  [[nodiscard]] std::uint64_t allocated() const { return allocated_bytes_; }
  [[nodiscard]] SessionDriver& driver() { return driver_; }

 private:
  SessionDriver driver_{{.head = {.head_bytes = 1 << 20}}};
  std::string piece_;
  std::uint64_t allocated_bytes_ = 0;
};

// With a buffer that doubles, all that were outgrown are together as large as the last one, which is at most
// twice the head. To copy everything for every piece would allocate its square.
TEST(SessionMemory, AHeadInPiecesIsNotCopiedForEachOfThem) {
  for (const std::size_t piece : {1U, 7U, 100U})
    for (const std::size_t size : {20'000U, 40'000U})
      EXPECT_LE(HeadInPieces(size, piece).allocated(), 5 * size) << size << ", " << piece << " at a time";
}

TEST(SessionMemory, AnUnfinishedHeadTakesNoMoreThanTwiceItsBytes) {
  constexpr std::uint64_t kWorkspace = 2'000;
  for (const std::size_t size : {10U, 1'000U, 33'000U, 300'000U}) {
    const std::uint64_t before = held_bytes();
    const HeadInPieces unfinished(size, 10);
    EXPECT_LE(held_bytes() - before, 2 * (kFront.size() + size) + sizeof(HeadInPieces) + kWorkspace) << size;
  }
}

TEST(SessionMemory, AHeadThatIsCompleteTakesNoneWhileItsAnswerIsAwaited) {
  const std::uint64_t before = held_bytes();
  HeadInPieces request(300'000, 1'000);
  ASSERT_GT(held_bytes() - before, 300'000U);
  request.driver().feed("\r\nContent-Length: 0\r\n\r\n");
  ASSERT_EQ(request.driver().session().state_name(), "awaiting");
  EXPECT_LT(held_bytes() - before, 20'000U);
}

TEST(SessionMemory, AHeadThatIsRefusedTakesNoneWhileItsClientIsReadOn) {
  const std::uint64_t before = held_bytes();
  HeadInPieces request(300'000, 1'000);
  ASSERT_GT(held_bytes() - before, 300'000U);
  request.driver().advance(seconds(10));
  ASSERT_EQ(request.driver().session().state_name(), "lingering");
  EXPECT_LT(held_bytes() - before, 20'000U);
}

TEST(SessionMemory, AnswersThatWaitForTheirClientTakeNoMoreThanTheirBytes) {
  SessionDriver driver;
  driver.stalled = true;
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  driver.session().received(as_bytes(requests), driver.now);
  ASSERT_EQ(driver.session().state_name(), "sending");
  const std::uint64_t grown = held_bytes();
  driver.session().rest();
  EXPECT_LT(held_bytes(), grown);
}

TEST(SessionMemory, AHeadThatIsCompleteTakesNoneWhileItsAnswerLeaves) {
  const std::uint64_t before = held_bytes();
  HeadInPieces request(40'000, 1'000, "GET / HTTP/1.1\r\nHost: a\r\nX: ");
  ASSERT_GT(held_bytes() - before, 40'000U);
  request.driver().stalled = true;
  request.driver().feed("\r\n\r\n");
  ASSERT_EQ(request.driver().session().state_name(), "sending");
  EXPECT_LT(held_bytes() - before, 20'000U);
}

}  // namespace
}  // namespace bobbin::http::http1

#endif
