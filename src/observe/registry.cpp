#include "observe/registry.h"

namespace bobbin::observe {
namespace {

MetricFamily::Distribution distribution_of(const Histogram& histogram, const std::string& labels) {
  const Buckets& buckets = histogram.buckets();
  MetricFamily::Distribution distribution{
      .labels = labels, .counts = {}, .sum = static_cast<double>(histogram.sum()) / buckets.per_unit};
  for (std::size_t i = 0; i <= buckets.bounds.size(); ++i) distribution.counts.push_back(histogram.count(i));
  return distribution;
}

}  // namespace

Counter& Registry::counter(const Metric& metric, std::string_view labels) {
  const Lock lock(mutex_);
  return counters_.emplace_back(metric, labels).instrument;
}

Counter& Registry::counter(const Metric& metric, std::string_view labels, unsigned writer) {
  const Lock lock(mutex_);
  Counter*& counter = of_writers_[{std::string(metric.name).append(labels), writer}];
  if (counter == nullptr) counter = &counters_.emplace_back(metric, labels).instrument;
  return *counter;
}

Gauge& Registry::gauge(const Metric& metric, std::string_view labels) {
  const Lock lock(mutex_);
  Gauge*& gauge = shared_gauges_[std::string(metric.name).append(labels)];
  if (gauge == nullptr) gauge = &gauges_.emplace_back(metric, labels).instrument;
  return *gauge;
}

Gauge& Registry::own_gauge(const Metric& metric, std::string_view labels) {
  const Lock lock(mutex_);
  return gauges_.emplace_back(metric, labels).instrument;
}

Histogram& Registry::histogram(const Metric& metric, const Buckets& buckets, std::string_view labels) {
  const Lock lock(mutex_);
  return histograms_.emplace_back(metric, labels, buckets).instrument;
}

State& Registry::state(const Metric& metric, std::string_view labels) {
  const Lock lock(mutex_);
  State*& state = shared_states_[std::string(metric.name).append(labels)];
  if (state == nullptr) state = &states_.emplace_back(metric, labels).instrument;
  return *state;
}

Snapshot Registry::snapshot() const {
  const Lock lock(mutex_);
  Snapshot snapshot;
  for (const auto& each : counters_)
    snapshot.add(each.metric, MetricFamily::Kind::counter, each.labels,
                 static_cast<double>(each.instrument.value()));
  for (const auto& each : gauges_)
    snapshot.add(each.metric, MetricFamily::Kind::gauge, each.labels,
                 static_cast<double>(each.instrument.value()));
  for (const auto& each : states_) {
    const std::string text = each.instrument.text();
    if (text.empty()) continue;
    const std::string state = label("state", text);
    snapshot.add(each.metric, MetricFamily::Kind::gauge,
                 each.labels.empty() ? state : each.labels + "," + state, 1);
  }
  for (const auto& each : histograms_)
    snapshot.add(each.metric, each.instrument.buckets(), distribution_of(each.instrument, each.labels));
  return snapshot;
}

std::vector<Registry::StateValue> Registry::states() const {
  const Lock lock(mutex_);
  std::vector<StateValue> values;
  values.reserve(states_.size());
  for (const auto& each : states_)
    values.push_back({std::string(each.metric.name), each.labels, each.instrument.text()});
  return values;
}

std::uint64_t Registry::total(std::string_view name, std::string_view label) const {
  const Lock lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& each : counters_)
    if (each.metric.name == name && each.labels.find(label) != std::string::npos)
      sum += each.instrument.value();
  return sum;
}

}  // namespace bobbin::observe
