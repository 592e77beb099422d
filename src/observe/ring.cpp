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
  if (entry_bytes(text.size()) > capacity_ - used) return false;
  if (!bytes_) bytes_ = std::make_unique_for_overwrite<char[]>(capacity_);
  put_word(start, static_cast<Word>(time.time_since_epoch().count()));
  put_word(start + sizeof(Word), text.size());
  const std::uint64_t text_start = start + kHeaderBytes;
  const std::size_t before_end = std::min(text.size(), bytes_before_end(text_start));
  std::memcpy(place(text_start), text.data(), before_end);
  if (before_end < text.size()) std::memcpy(bytes_.get(), text.data() + before_end, text.size() - before_end);
  pushed_.store(start + entry_bytes(text.size()));
  return true;
}

std::optional<Instant> EntryRing::front_time() const {
  if (is_empty()) return std::nullopt;
  return time_at(popped_.load(std::memory_order_relaxed));
}

void EntryRing::pop_into(std::string& out, Instant until, std::size_t enough_bytes) {
  ASSERT(!is_empty());
  const std::uint64_t end = pushed_.load(std::memory_order_acquire);
  std::uint64_t position = popped_.load(std::memory_order_relaxed);
  do {
    const std::size_t length = word_at(position + sizeof(Word));
    const std::uint64_t text_start = position + kHeaderBytes;
    const std::size_t before_end = std::min(length, bytes_before_end(text_start));
    out.append(place(text_start), before_end);
    if (before_end < length) out.append(bytes_.get(), length - before_end);
    position += entry_bytes(length);
  } while (position != end && time_at(position) <= until && out.size() < enough_bytes);
  popped_.store(position, std::memory_order_release);
}

EntryRing::Word EntryRing::word_at(std::uint64_t position) const {
  Word word;
  std::memcpy(&word, place(position), sizeof word);
  return word;
}

Instant EntryRing::time_at(std::uint64_t position) const {
  return Instant(Instant::duration(static_cast<Instant::rep>(word_at(position))));
}

}  // namespace bobbin::observe
