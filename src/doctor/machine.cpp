#include "doctor/machine.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "os/cgroup.h"
#include "os/clock_state.h"
#include "os/cpus.h"
#include "os/file.h"
#include "os/landlock.h"
#include "os/open_beneath.h"
#include "os/process.h"

namespace bobbin::doctor {
namespace {

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() ? std::optional(number) : std::nullopt;
}

/// "max" is no limit.
std::optional<std::uint64_t> smallest_limit(const std::string& name) {
  std::optional<std::uint64_t> smallest;
  for (const std::string& text : os::cgroup_files(name))
    if (const auto limit = number_in(text)) smallest = std::min(*limit, smallest.value_or(*limit));
  return smallest;
}

std::optional<std::uint64_t> number_in_file(const std::string& name) {
  const auto text = os::read_file(name);
  return text ? number_in(*text) : std::nullopt;
}

std::string kernel_release() {
  std::string release = os::read_file("/proc/sys/kernel/osrelease").value_or("(unknown)\n");
  if (release.ends_with('\n')) release.pop_back();
  return release;
}

}  // namespace

Machine this_machine() {
  return {.kernel = kernel_release(),
          .has_openat2 = os::openat2_is_available(),
          .landlock_version = os::landlock_version(),
          .cpus = os::usable_cpus(),
          .descriptors = os::raise_descriptor_limit().value_or(0),
          .memory_bytes = smallest_limit("memory.max"),
          .tasks = smallest_limit("pids.max"),
          .backlog = number_in_file("/proc/sys/net/core/somaxconn"),
          .clock_is_synchronized = os::clock_is_synchronized(),
          .now = wall_now()};
}

}  // namespace bobbin::doctor
