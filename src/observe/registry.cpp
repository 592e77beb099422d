#include "observe/registry.h"

#include <algorithm>

namespace bobbin::observe {

Counter& Registry::counter(std::string_view name, std::string_view labels) {
  const Lock lock(mutex_);
  return counters_.emplace_back(name, labels).instrument;
}

Gauge& Registry::gauge(std::string_view name, std::string_view labels) {
  const Lock lock(mutex_);
  return gauges_.emplace_back(name, labels).instrument;
}

State& Registry::state(std::string_view name, std::string_view labels) {
  const Lock lock(mutex_);
  return states_.emplace_back(name, labels).instrument;
}

std::vector<Registry::CounterValue> Registry::counters() const {
  const Lock lock(mutex_);
  std::vector<CounterValue> values;
  for (const auto& each : counters_) {
    const auto same = [&](const CounterValue& v) { return v.name == each.name && v.labels == each.labels; };
    const auto found = std::ranges::find_if(values, same);
    if (found == values.end())
      values.push_back({each.name, each.labels, each.instrument.value()});
    else
      found->value += each.instrument.value();
  }
  return values;
}

std::vector<Registry::GaugeValue> Registry::gauges() const {
  const Lock lock(mutex_);
  std::vector<GaugeValue> values;
  values.reserve(gauges_.size());
  for (const auto& each : gauges_) values.push_back({each.name, each.labels, each.instrument.value()});
  return values;
}

std::vector<Registry::StateValue> Registry::states() const {
  const Lock lock(mutex_);
  std::vector<StateValue> values;
  values.reserve(states_.size());
  for (const auto& each : states_) values.push_back({each.name, each.labels, each.instrument.text()});
  return values;
}

std::uint64_t Registry::total(std::string_view name, std::string_view labels) const {
  const Lock lock(mutex_);
  std::uint64_t sum = 0;
  for (const auto& each : counters_)
    if (each.name == name && each.labels == labels) sum += each.instrument.value();
  return sum;
}

}  // namespace bobbin::observe
