#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace bobbin::observe {

/// A bounded queue of log entries from one thread to one other, without locks. An entry lies in it as a
/// header and its bytes, wrapped around the end where need be. Neither side ever waits; a full ring refuses.
class EntryRing {
 public:
  /// `capacity_bytes`: a power of two. The memory is taken by the first push: most doors of a small server
  /// stay shut.
  explicit EntryRing(std::size_t capacity_bytes);

  /// False when there is no room. Thread: the writing one. Sequentially consistent with is_empty and
  /// is_half_full, which Doorbell relies on.
  [[nodiscard]] bool push(Instant time, std::string_view text);

  /// When the oldest entry was pushed; nothing when the ring is empty. Thread: the reading one.
  [[nodiscard]] std::optional<Instant> front_time() const;
  /// Moves the text of the oldest entry to the end of `out`; there must be one. Thread: the reading one.
  void pop_into(std::string& out);

  /// Thread: either.
  [[nodiscard]] bool is_empty() const { return used_bytes() == 0; }
  [[nodiscard]] bool is_half_full() const { return used_bytes() > capacity_ / 2; }

 private:
  struct Header {
    Instant::rep time;
    std::uint64_t length;
  };

  // The reader's counter first: it never passes the writer's, so the difference is never negative.
  [[nodiscard]] std::uint64_t used_bytes() const {
    const std::uint64_t popped = popped_.load();
    return pushed_.load() - popped;
  }
  void copy_in(std::uint64_t position, const void* from, std::size_t count);
  void copy_out(std::uint64_t position, void* to, std::size_t count) const;
  [[nodiscard]] Header front() const;

  const std::size_t capacity_;
  std::unique_ptr<char[]> bytes_;
  // Bytes ever pushed and popped; a position is one of these modulo the capacity. A cache line each, so that
  // the sides do not slow each other.
  alignas(64) std::atomic<std::uint64_t> pushed_{0};
  alignas(64) std::atomic<std::uint64_t> popped_{0};
};

}  // namespace bobbin::observe
