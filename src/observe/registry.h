#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"

namespace bobbin::observe {

/// A number that only grows. Thread: one adds, any reads.
class Counter {
 public:
  /// Costs no more than an addition to an ordinary number: nobody else writes, so nothing has to be locked.
  void add(std::uint64_t amount = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  // A cache line of its own, so that threads that count do not slow each other down.
  alignas(64) std::atomic<std::uint64_t> value_ = 0;
};

/// A number that rises and falls. Thread: any.
class Gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_ = 0;
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

/// What the parts of the server count and say of themselves, by name. Names are those of OpenMetrics
/// ("bobbin_responses_total"), with labels as they stand between its braces (`class="2xx"`). Any room may
/// fill it; nobody needs to know who reads. Thread: any.
class Registry {
 public:
  /// A counter of its own for one writer; those of one name and label are one to the reader. Lives as long as
  /// this.
  [[nodiscard]] Counter& counter(std::string_view name, std::string_view labels = {}) EXCLUDES(mutex_);
  /// A gauge of its own.
  [[nodiscard]] Gauge& gauge(std::string_view name, std::string_view labels = {}) EXCLUDES(mutex_);
  /// A state of its own.
  [[nodiscard]] State& state(std::string_view name, std::string_view labels = {}) EXCLUDES(mutex_);

  struct CounterValue {
    std::string name;
    std::string labels;
    std::uint64_t value;
  };
  struct GaugeValue {
    std::string name;
    std::string labels;
    std::int64_t value;
  };
  struct StateValue {
    std::string name;
    std::string labels;
    std::string text;
  };
  /// In the order in which the names came. Each sum may be a moment old.
  [[nodiscard]] std::vector<CounterValue> counters() const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<GaugeValue> gauges() const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<StateValue> states() const EXCLUDES(mutex_);
  /// The sum of all counters of this name and label.
  [[nodiscard]] std::uint64_t total(std::string_view name, std::string_view labels = {}) const
      EXCLUDES(mutex_);

 private:
  template <typename Instrument>
  struct Named {
    Named(std::string_view given_name, std::string_view given_labels)
        : name(given_name), labels(given_labels) {}
    const std::string name;
    const std::string labels;
    Instrument instrument;
  };

  mutable Mutex mutex_;
  std::deque<Named<Counter>> counters_ GUARDED_BY(mutex_);  // addresses must stay
  std::deque<Named<Gauge>> gauges_ GUARDED_BY(mutex_);
  std::deque<Named<State>> states_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::observe
