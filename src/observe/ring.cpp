#include "observe/ring.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/assert.h"

namespace bobbin::observe {

EntryRing::EntryRing(std::size_t capacity_bytes) : capacity_(capacity_bytes) {
  ASSERT(std::has_single_bit(capacity_bytes));
}

bool EntryRing::push(Instant time, std::string_view text) {
  const std::uint64_t start = pushed_.load(std::memory_order_relaxed);
  // Acquire: the reader's copy out of the space we are about to reuse has happened.
  const std::uint64_t used = start - popped_.load(std::memory_order_acquire);
  if (sizeof(Header) + text.size() > capacity_ - used) return false;
  if (!bytes_) bytes_ = std::make_unique_for_overwrite<char[]>(capacity_);
  const Header header{time.time_since_epoch().count(), text.size()};
  copy_in(start, &header, sizeof header);
  copy_in(start + sizeof header, text.data(), text.size());
  pushed_.store(start + sizeof header + text.size());
  return true;
}

std::optional<Instant> EntryRing::front_time() const {
  if (is_empty()) return std::nullopt;
  return Instant(Instant::duration(front().time));
}

void EntryRing::pop_into(std::string& out) {
  ASSERT(!is_empty());
  const std::uint64_t start = popped_.load(std::memory_order_relaxed);
  const std::size_t length = front().length;
  const std::size_t old_size = out.size();
  out.resize(old_size + length);
  copy_out(start + sizeof(Header), out.data() + old_size, length);
  popped_.store(start + sizeof(Header) + length, std::memory_order_release);
}

EntryRing::Header EntryRing::front() const {
  Header header;
  copy_out(popped_.load(std::memory_order_relaxed), &header, sizeof header);
  return header;
}

void EntryRing::copy_in(std::uint64_t position, const void* from, std::size_t count) {
  const std::size_t offset = position & (capacity_ - 1);
  const std::size_t before_end = std::min(count, capacity_ - offset);
  std::memcpy(bytes_.get() + offset, from, before_end);
  std::memcpy(bytes_.get(), static_cast<const char*>(from) + before_end, count - before_end);
}

void EntryRing::copy_out(std::uint64_t position, void* to, std::size_t count) const {
  const std::size_t offset = position & (capacity_ - 1);
  const std::size_t before_end = std::min(count, capacity_ - offset);
  std::memcpy(to, bytes_.get() + offset, before_end);
  std::memcpy(static_cast<char*>(to) + before_end, bytes_.get(), count - before_end);
}

}  // namespace bobbin::observe
