#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace bobbin::observe {

/// A bounded queue of log entries from one thread to one other, without locks. An entry lies in it as two
/// words (its time, its length) and its bytes, filled up to whole words; the bytes wrap around the end where
/// need be. Neither side ever waits; a full ring refuses.
class EntryRing {
 public:
  /// What an entry takes besides its bytes: a time and a length. Whole words, so that neither is ever
  /// wrapped.
  static constexpr std::size_t kHeaderBytes = 2 * sizeof(std::uint64_t);

  /// `capacity_bytes`: a power of two. The memory is taken by the first push: most doors of a small server
  /// stay shut.
  explicit EntryRing(std::size_t capacity_bytes);

  /// False when there is no room. Thread: the writing one. Sequentially consistent with is_empty and
  /// is_half_full, which Doorbell relies on.
  [[nodiscard]] bool push(Instant time, std::string_view text);

  /// When the oldest entry was pushed; nothing when the ring is empty. Thread: the reading one.
  [[nodiscard]] std::optional<Instant> front_time() const;
  /// Moves the text of the oldest entry to the end of `out`; there must be one. Those that follow it go with
  /// it, as long as they were pushed at `until` or earlier and `out` is shorter than `enough_bytes`: their
  /// space is given back at once. Thread: the reading one.
  void pop_into(std::string& out, Instant until, std::size_t enough_bytes);

  /// Thread: either.
  [[nodiscard]] bool is_empty() const { return used_bytes() == 0; }
  [[nodiscard]] bool is_half_full() const { return used_bytes() > capacity_ / 2; }

 private:
  using Word = std::uint64_t;

  static constexpr std::uint64_t entry_bytes(std::size_t text_bytes) {
    return (kHeaderBytes + text_bytes + sizeof(Word) - 1) / sizeof(Word) * sizeof(Word);
  }

  // The reader's counter first: it never passes the writer's, so the difference is never negative.
  [[nodiscard]] std::uint64_t used_bytes() const {
    const std::uint64_t popped = popped_.load();
    return pushed_.load() - popped;
  }
  [[nodiscard]] char* place(std::uint64_t position) const {
    return bytes_.get() + (position & (capacity_ - 1));
  }
  void put_word(std::uint64_t position, Word word) { std::memcpy(place(position), &word, sizeof word); }
  [[nodiscard]] Word word_at(std::uint64_t position) const;
  [[nodiscard]] Instant time_at(std::uint64_t position) const;
  [[nodiscard]] std::size_t bytes_before_end(std::uint64_t position) const {
    return capacity_ - (position & (capacity_ - 1));
  }

  const std::size_t capacity_;
  std::unique_ptr<char[]> bytes_;
  // Bytes ever pushed and popped; a position is one of these modulo the capacity. A cache line each, so that
  // the sides do not slow each other.
  alignas(64) std::atomic<std::uint64_t> pushed_{0};
  alignas(64) std::atomic<std::uint64_t> popped_{0};
};

}  // namespace bobbin::observe
