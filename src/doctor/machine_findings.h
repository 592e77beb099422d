#pragma once

#include <cstdint>

#include "doctor/finding.h"
#include "doctor/machine.h"

namespace bobbin::doctor {

/// What a server of this configuration wants of a machine.
struct Requirements {
  unsigned threads = 10;
  bool is_automatic = false;       ///< whether the number follows the machine
  std::uint64_t connections = 0;   ///< that are held at the same time, with the queue
  std::uint64_t descriptors = 0;   ///< with which it can hold them all
  std::uint64_t memory_bytes = 0;  ///< of what it may keep: cached files, uploads under way
  bool takes_documents = false;
};

[[nodiscard]] Findings judge(const Machine& machine, const Requirements& requirements);

}  // namespace bobbin::doctor
