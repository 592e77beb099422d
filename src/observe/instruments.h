#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "observe/metric.h"

namespace bobbin::observe {

/// A number of which one thread at a time is the writer, so that an addition needs no lock. Thread: one adds,
/// any reads.
class OneWriterSum {
 public:
  void add(std::uint64_t amount) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// A number that only grows. Thread: one adds, any reads.
class Counter {
 public:
  /// Costs no more than an addition to an ordinary number.
  void add(std::uint64_t amount = 1) { sum_.add(amount); }
  [[nodiscard]] std::uint64_t value() const { return sum_.value(); }

 private:
  // A cache line of its own, so that threads that count do not slow each other down.
  alignas(64) OneWriterSum sum_;
};

/// A number that rises and falls. Thread: any.
class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  alignas(64) std::atomic<std::int64_t> value_ = 0;
};

/// How many values have fallen into each of a few ranges. Thread: one adds, any reads; what is read of two
/// ranges may be a moment apart.
class Histogram {
 public:
  /// `buckets` outlives it.
  explicit Histogram(const Buckets& buckets)
      : buckets_(buckets), counts_(std::make_unique<OneWriterSum[]>(buckets.bounds.size() + 1)) {}

  /// `value` is not negative.
  void add(std::int64_t value) {
    const auto found = std::ranges::find_if(buckets_.bounds, [&](std::int64_t b) { return value <= b; });
    counts_[static_cast<std::size_t>(found - buckets_.bounds.begin())].add(1);
    sum_.add(static_cast<std::uint64_t>(value));
  }

  [[nodiscard]] const Buckets& buckets() const { return buckets_; }
  /// `index`: of the bound, or one more for what is above the last one. Not cumulative.
  [[nodiscard]] std::uint64_t count(std::size_t index) const { return counts_[index].value(); }
  /// Of all values.
  [[nodiscard]] std::uint64_t sum() const { return sum_.value(); }

 private:
  const Buckets& buckets_;
  alignas(64) OneWriterSum sum_;
  std::unique_ptr<OneWriterSum[]> counts_;
};

/// A word that says how a part of the server is, such as "open" or "closed". Thread: any.
class State {
 public:
  void set(std::string_view text) EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    text_ = text;
  }
  [[nodiscard]] std::string text() const EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    return text_;
  }

 private:
  mutable Mutex mutex_;
  std::string text_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::observe
