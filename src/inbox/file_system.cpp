#include "inbox/file_system.h"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

#include "os/file.h"

namespace bobbin::inbox {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// "mnt_id:\t29"
std::string_view mount_in(std::string_view fdinfo) {
  constexpr std::string_view kName = "mnt_id:";
  for (std::string_view line : split(fdinfo, '\n')) {
    if (!line.starts_with(kName)) continue;
    line.remove_prefix(kName.size());
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    return line;
  }
  return {};
}

bool has_option(const FileSystem& file_system, std::string_view option) {
  const auto options = split(file_system.options, ',');
  return std::ranges::find(options, option) != options.end();
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> all) {
  return std::ranges::find(all, text) != all.end();
}

}  // namespace

/// "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue"
std::optional<FileSystem> file_system_in(std::string_view fdinfo, std::string_view mountinfo) {
  const std::string_view mount = mount_in(fdinfo);
  if (mount.empty()) return std::nullopt;
  for (const std::string_view line : split(mountinfo, '\n')) {
    const auto words = split(line, ' ');
    const auto dash = std::ranges::find(words, "-");
    if (words.front() != mount || words.end() - dash < 4) continue;
    return FileSystem{
        .type = std::string(dash[1]), .source = std::string(dash[2]), .options = std::string(dash[3])};
  }
  return std::nullopt;
}

FileSystem file_system_of(const os::Fd& file) {
  const auto fdinfo = os::read_file(fmt::format("/proc/self/fdinfo/{}", file.number()));
  const auto mountinfo = os::read_file("/proc/self/mountinfo");
  if (!fdinfo || !mountinfo) return {};
  return file_system_in(*fdinfo, *mountinfo).value_or(FileSystem());
}

Judgement judge(const FileSystem& file_system) {
  const std::string& type = file_system.type;
  if (is_one_of(type, {"tmpfs", "ramfs", "devtmpfs", "rootfs"}))
    return {.text = "It lies in memory: a power cut takes everything, whatever was flushed."};
  if (has_option(file_system, "nobarrier") || has_option(file_system, "barrier=0"))
    return {.text =
                "It is mounted without barriers: a flush does not reach the device, and a power cut may take "
                "what was flushed. Mount it with barriers."};
  if (type == "overlay" && has_option(file_system, "volatile"))
    return {.text = "It is mounted as volatile: nothing that is flushed is stored."};
  if (type == "overlay")
    return {.text =
                "What is written lies in its upper directory, and is kept as well as the file system there "
                "keeps it. In a container it usually ends with the container: keep documents in a volume."};
  if (is_one_of(type, {"9p", "virtiofs"}))
    return {.text =
                "It belongs to the host of this virtual machine: the host decides what a flush means, and "
                "the power of the host is the one that counts."};
  if (is_one_of(type, {"nfs", "nfs4"}))
    return {.text =
                "A file server keeps it: a flush waits until the server says that it has stored the data, "
                "which is true unless the folder is exported with async."};
  if (is_one_of(type, {"cifs", "smb3", "ceph", "glusterfs", "afs"}))
    return {.text = "File servers keep it, and decide what a flush means."};
  if (type.starts_with("fuse")) return {.text = "A program serves it, and decides what a flush means."};
  if (type == "zfs")
    return {.is_trusted = true,
            .text = "It stores what is flushed, unless the data set has sync=disabled: zfs get sync tells."};
  if (is_one_of(type, {"ext4", "ext3", "xfs", "btrfs", "f2fs", "bcachefs", "jfs"}))
    return {.is_trusted = true, .text = "It passes a flush on to its device."};
  if (type.empty()) return {.text = "The kernel does not tell what it is."};
  return {.text = "It is not known here how it keeps what was flushed."};
}

}  // namespace bobbin::inbox
