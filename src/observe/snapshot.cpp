#include "observe/snapshot.h"

#include <algorithm>
#include <utility>

namespace bobbin::observe {

MetricFamily& Snapshot::family(const Metric& metric, MetricFamily::Kind kind) {
  const auto found = std::ranges::find(families_, metric.name, [](const auto& f) { return f.metric.name; });
  if (found != families_.end()) return *found;
  return families_.emplace_back(MetricFamily{.metric = metric, .kind = kind, .samples = {}});
}

void Snapshot::add(const Metric& metric, MetricFamily::Kind kind, std::string_view labels, double value) {
  auto& samples = family(metric, kind).samples;
  const auto found = std::ranges::find(samples, labels, &MetricFamily::Sample::labels);
  if (found != samples.end())
    found->value += value;
  else
    samples.push_back({std::string(labels), value});
}

void Snapshot::add(const Metric& metric, const Buckets& buckets, MetricFamily::Distribution distribution) {
  MetricFamily& family = this->family(metric, MetricFamily::Kind::histogram);
  family.buckets = &buckets;
  auto& all = family.distributions;
  const auto found = std::ranges::find(all, distribution.labels, &MetricFamily::Distribution::labels);
  if (found == all.end()) {
    all.push_back(std::move(distribution));
    return;
  }
  std::ranges::transform(found->counts, distribution.counts, found->counts.begin(), std::plus());
  found->sum += distribution.sum;
}

const MetricFamily* Snapshot::find(std::string_view name) const {
  const auto found = std::ranges::find(families_, name, [](const auto& f) { return f.metric.name; });
  return found == families_.end() ? nullptr : &*found;
}

double Snapshot::total(std::string_view name, std::string_view label) const {
  const MetricFamily* family = find(name);
  double sum = 0;
  if (family == nullptr) return sum;
  for (const MetricFamily::Sample& sample : family->samples)
    if (sample.labels.find(label) != std::string::npos) sum += sample.value;
  return sum;
}

}  // namespace bobbin::observe
