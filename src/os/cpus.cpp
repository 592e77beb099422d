#include "os/cpus.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <sched.h>
#include <string>
#include <unistd.h>

#include "os/cgroup.h"

namespace bobbin::os {
namespace {

unsigned cpus_of_affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  // More CPUs than the set has room for: all of them, then.
  if (::sched_getaffinity(0, sizeof set, &set) != 0)
    return static_cast<unsigned>(std::max(::sysconf(_SC_NPROCESSORS_ONLN), 1L));
  return static_cast<unsigned>(std::max(CPU_COUNT(&set), 1));
}

}  // namespace

/// "200000 100000" or "max 100000": microseconds in each period.
std::optional<unsigned> cpus_of_quota(std::string_view text) {
  std::uint64_t quota = 0, period = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [after_quota, error] = std::from_chars(begin, end, quota);
  if (error != std::errc() || after_quota == end || *after_quota != ' ') return std::nullopt;
  if (std::from_chars(after_quota + 1, end, period).ec != std::errc() || period == 0) return std::nullopt;
  return static_cast<unsigned>(std::max<std::uint64_t>((quota + period - 1) / period, 1));
}

unsigned usable_cpus() {
  unsigned cpus = cpus_of_affinity();
  for (const std::string& text : cgroup_files("cpu.max"))
    if (const auto quota = cpus_of_quota(text)) cpus = std::min(cpus, *quota);
  return cpus;
}

}  // namespace bobbin::os
