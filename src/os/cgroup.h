#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bobbin::os {

/// The path of the control group that `text`, of /proc/self/cgroup, names (cgroups(7)); nothing: this is not
/// version 2.
[[nodiscard]] std::optional<std::string> cgroup_in(std::string_view text);

/// What this file, such as "cpu.max", says in the control group of this process and in those above it: the
/// nearest first. Empty where there is no version 2, or nothing is limited.
[[nodiscard]] std::vector<std::string> cgroup_files(const std::string& name);

}  // namespace bobbin::os
