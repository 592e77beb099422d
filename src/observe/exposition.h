#pragma once

#include <cstdint>
#include <string>

#include "observe/snapshot.h"

namespace bobbin::observe {

/// In which of its two forms Prometheus reads numbers.
enum class Exposition : std::uint8_t {
  text,         ///< the text format 0.0.4
  openmetrics,  ///< OpenMetrics 1.0
};

/// All numbers of `snapshot`, sorted by the names of the metrics, in this form.
[[nodiscard]] std::string exposition(const Snapshot& snapshot, Exposition form);

}  // namespace bobbin::observe
