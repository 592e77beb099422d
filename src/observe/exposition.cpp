#include "observe/exposition.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <string_view>
#include <vector>

namespace bobbin::observe {
namespace {

constexpr std::string_view kTotal = "_total";
constexpr double kExactIntegers = 9007199254740992;  // 2^53

std::string_view name_of(MetricFamily::Kind kind) {
  switch (kind) {
    case MetricFamily::Kind::counter: return "counter";
    case MetricFamily::Kind::gauge: return "gauge";
    case MetricFamily::Kind::histogram: return "histogram";
  }
  return "unknown";
}

/// The unit with which a name ends, in the words of OpenMetrics; empty: it has none.
std::string_view unit_of(std::string_view family) {
  for (const std::string_view unit : {"seconds", "bytes", "ratio"})
    if (family.ends_with(unit) && family.substr(0, family.size() - unit.size()).ends_with('_')) return unit;
  return {};
}

std::string number(double value) {
  if (std::trunc(value) == value && std::abs(value) < kExactIntegers)
    return fmt::format("{}", static_cast<std::int64_t>(value));
  return fmt::format("{}", value);
}

/// Writes the lines of one family after the other.
class Writer {
 public:
  explicit Writer(Exposition form) : form_(form) {}

  void add(const MetricFamily& family) {
    name_ = family.metric.name;
    add_descriptors(family);
    for (const auto& sample : family.samples) add_line({}, sample.labels, number(sample.value));
    for (const auto& each : family.distributions) add_distribution(*family.buckets, each);
  }

  [[nodiscard]] std::string finish() && {
    if (form_ == Exposition::openmetrics) text_ += "# EOF\n";
    return std::move(text_);
  }

 private:
  void add_descriptors(const MetricFamily& family) {
    // OpenMetrics calls a counter by its name without the ending of its samples.
    std::string_view called = name_;
    if (form_ == Exposition::openmetrics && called.ends_with(kTotal)) called.remove_suffix(kTotal.size());
    fmt::format_to(std::back_inserter(text_), "# TYPE {} {}\n", called, name_of(family.kind));
    if (const auto unit = unit_of(called); form_ == Exposition::openmetrics && !unit.empty())
      fmt::format_to(std::back_inserter(text_), "# UNIT {} {}\n", called, unit);
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}.\n", called, family.metric.help);
  }

  void add_line(std::string_view ending, std::string_view labels, std::string_view value) {
    text_ += name_;
    text_ += ending;
    if (!labels.empty()) fmt::format_to(std::back_inserter(text_), "{{{}}}", labels);
    fmt::format_to(std::back_inserter(text_), " {}\n", value);
  }

  void add_distribution(const Buckets& buckets, const MetricFamily::Distribution& distribution) {
    const std::string separator = distribution.labels.empty() ? "" : ",";
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < distribution.counts.size(); ++i) {
      count += distribution.counts[i];
      const bool is_last = i == buckets.bounds.size();
      const double bound = is_last ? 0 : static_cast<double>(buckets.bounds[i]) / buckets.per_unit;
      const std::string le = is_last ? "+Inf"
                             : form_ == Exposition::openmetrics && std::trunc(bound) == bound
                                 ? fmt::format("{:.1f}", bound)  // a canonical number
                                 : number(bound);
      add_line("_bucket", distribution.labels + separator + label("le", le), std::to_string(count));
    }
    add_line("_sum", distribution.labels, number(distribution.sum));
    add_line("_count", distribution.labels, std::to_string(count));
  }

  const Exposition form_;
  std::string_view name_;
  std::string text_;
};

}  // namespace

std::string exposition(const Snapshot& snapshot, Exposition form) {
  std::vector<const MetricFamily*> families;
  families.reserve(snapshot.families().size());
  for (const MetricFamily& family : snapshot.families()) families.push_back(&family);
  std::ranges::sort(families, {}, [](const MetricFamily* family) { return family->metric.name; });
  Writer writer(form);
  for (const MetricFamily* family : families) writer.add(*family);
  return std::move(writer).finish();
}

}  // namespace bobbin::observe
