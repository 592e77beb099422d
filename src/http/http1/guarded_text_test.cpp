#include "http/http1/guarded_text.h"

#include <cstring>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assert.h"

namespace bobbin::http::http1 {

GuardedText::GuardedText(std::size_t maximum_bytes) {
  const auto page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  readable_bytes_ = (maximum_bytes + page_bytes) / page_bytes * page_bytes;
  mapped_bytes_ = readable_bytes_ + page_bytes;
  void* const pages =
      ::mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT(pages != MAP_FAILED);
  pages_ = static_cast<char*>(pages);
  ASSERT(::mprotect(pages_ + readable_bytes_, page_bytes, PROT_NONE) == 0);
}

GuardedText::~GuardedText() { ::munmap(pages_, mapped_bytes_); }

std::string_view GuardedText::hold(std::string_view text) {
  ASSERT(text.size() <= readable_bytes_);
  char* const start = pages_ + readable_bytes_ - text.size();
  if (!text.empty()) std::memcpy(start, text.data(), text.size());
  return {start, text.size()};
}

namespace {

TEST(GuardedTextDeathTest, OneByteTooFarIsFatal) {
  GuardedText memory(10);
  const std::string_view held = memory.hold("hello");
  EXPECT_EQ(held, "hello");
  const volatile char* const bytes = held.data();
  EXPECT_EQ(bytes[4], 'o');
  EXPECT_DEATH(static_cast<void>(bytes[5]), "");
}

}  // namespace
}  // namespace bobbin::http::http1
