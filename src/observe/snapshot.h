#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "observe/metric.h"

namespace bobbin::observe {

/// The numbers of one metric at one moment.
struct MetricFamily {
  enum class Kind : std::uint8_t { counter, gauge, histogram };
  struct Sample {
    std::string labels;  ///< as they stand between the braces; empty: none
    double value;
  };
  struct Distribution {
    std::string labels;
    std::vector<std::uint64_t> counts;  ///< one for each bound, and one for what is above; not cumulative
    double sum;
  };

  Metric metric;
  Kind kind;
  std::vector<Sample> samples;
  const Buckets* buckets = nullptr;  ///< of a histogram, like the next
  std::vector<Distribution> distributions = {};
};

/// What is known of the server at one moment. No metric is in it twice.
class Snapshot {
 public:
  /// Adds to the sample with the same labels, or makes one.
  void add(const Metric& metric, MetricFamily::Kind kind, std::string_view labels, double value);
  void add(const Metric& metric, const Buckets& buckets, MetricFamily::Distribution distribution);

  [[nodiscard]] const std::vector<MetricFamily>& families() const { return families_; }
  /// Null: there is none of this name.
  [[nodiscard]] const MetricFamily* find(std::string_view name) const;
  /// The sum of the samples of this name whose labels contain `label`; 0 when there are none.
  [[nodiscard]] double total(std::string_view name, std::string_view label = {}) const;

 private:
  [[nodiscard]] MetricFamily& family(const Metric& metric, MetricFamily::Kind kind);

  std::vector<MetricFamily> families_;
};

}  // namespace bobbin::observe
