#include "os/cgroup.h"

#include <algorithm>

#include "os/file.h"

namespace bobbin::os {
namespace {

constexpr std::string_view kMounted = "/sys/fs/cgroup";
constexpr std::string_view kVersion2 = "0::";

}  // namespace

std::optional<std::string> cgroup_in(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.starts_with(kVersion2)) return std::string(line.substr(kVersion2.size()));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return std::nullopt;
}

std::vector<std::string> cgroup_files(const std::string& name) {
  std::vector<std::string> contents;
  const auto text = read_file("/proc/self/cgroup");
  auto group = text ? cgroup_in(*text) : std::nullopt;
  if (!group) return contents;
  for (;;) {
    std::string file(kMounted);
    if (*group != "/") file += *group;
    file.append("/").append(name);
    if (auto content = read_file(file)) contents.push_back(*std::move(content));
    const std::size_t slash = group->rfind('/');
    if (slash == std::string::npos || *group == "/") return contents;
    group->resize(slash == 0 ? 1 : slash);
  }
}

}  // namespace bobbin::os
