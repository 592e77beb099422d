#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "observe/instruments.h"
#include "observe/metric.h"
#include "observe/snapshot.h"

namespace bobbin::observe {

/// What the parts of the server count and say of themselves. Labels are written as they stand between braces
/// (`class="2xx"`): label() makes one. Any room may fill it; nobody needs to know who reads. Thread: any.
class Registry {
 public:
  /// A counter of its own for one writer; those of one name and label are one to the reader. Lives as long as
  /// this, like all that follow.
  [[nodiscard]] Counter& counter(const Metric& metric, std::string_view labels = {}) EXCLUDES(mutex_);
  /// The counter of the writer with this number, which is made when it asks for the first time: for what is
  /// made anew while the server runs.
  [[nodiscard]] Counter& counter(const Metric& metric, std::string_view labels, unsigned writer)
      EXCLUDES(mutex_);
  /// The gauge of this name and label, which is made when it is asked for the first time.
  [[nodiscard]] Gauge& gauge(const Metric& metric, std::string_view labels = {}) EXCLUDES(mutex_);
  /// A gauge of its own; those of one name and label are added up for the reader.
  [[nodiscard]] Gauge& own_gauge(const Metric& metric, std::string_view labels = {}) EXCLUDES(mutex_);
  /// A histogram of its own for one writer. `buckets` outlives this.
  [[nodiscard]] Histogram& histogram(const Metric& metric, const Buckets& buckets,
                                     std::string_view labels = {}) EXCLUDES(mutex_);
  /// The state of this name and label, which is made when it is asked for the first time. The reader gets a
  /// gauge that is 1, with a label `state` for the word; nothing while there is no word.
  [[nodiscard]] State& state(const Metric& metric, std::string_view labels = {}) EXCLUDES(mutex_);

  struct StateValue {
    std::string name;
    std::string labels;
    std::string text;
  };
  [[nodiscard]] std::vector<StateValue> states() const EXCLUDES(mutex_);
  /// Everything, in the order in which the names came. Each number may be a moment old.
  [[nodiscard]] Snapshot snapshot() const EXCLUDES(mutex_);
  /// The sum of all counters of this name whose labels contain `label`.
  [[nodiscard]] std::uint64_t total(std::string_view name, std::string_view label = {}) const
      EXCLUDES(mutex_);

 private:
  template <typename Instrument>
  struct Named {
    template <typename... Arguments>
    Named(const Metric& given_metric, std::string_view given_labels, Arguments&&... arguments)
        : metric(given_metric), labels(given_labels), instrument(std::forward<Arguments>(arguments)...) {}
    const Metric metric;
    const std::string labels;
    Instrument instrument;
  };

  mutable Mutex mutex_;
  std::deque<Named<Counter>> counters_ GUARDED_BY(mutex_);  // addresses must stay
  std::deque<Named<Gauge>> gauges_ GUARDED_BY(mutex_);
  std::deque<Named<Histogram>> histograms_ GUARDED_BY(mutex_);
  std::deque<Named<State>> states_ GUARDED_BY(mutex_);
  std::map<std::pair<std::string, unsigned>, Counter*> of_writers_ GUARDED_BY(mutex_);
  std::map<std::string, Gauge*> shared_gauges_ GUARDED_BY(mutex_);
  std::map<std::string, State*> shared_states_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::observe
