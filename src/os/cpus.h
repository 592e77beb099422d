#pragma once

#include <optional>
#include <string_view>

namespace bobbin::os {

/// How many CPUs `text`, of the file cpu.max of a control group, lets a process use at the same time: its
/// quota, rounded up (Linux, "Control Group v2", CPU Interface Files). Nothing: as many as there are.
[[nodiscard]] std::optional<unsigned> cpus_of_quota(std::string_view text);

/// How many CPUs this process may use: as many as its affinity and the quotas of its control groups allow. At
/// least 1.
[[nodiscard]] unsigned usable_cpus();

}  // namespace bobbin::os
