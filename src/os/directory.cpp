#include "os/directory.h"

#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include "os/call.h"

namespace bobbin::os {
namespace {

constexpr mode_t kFileMode = 0644;

}  // namespace

Result<Fd> open_directory(const std::string& path) {
  const int fd = uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (fd < 0) return last_error("open");
  return Fd(fd);
}

Result<bool> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0755) == 0) return true;
  if (errno == EEXIST) return false;
  return last_error("mkdir");
}

Result<Fd> create_unnamed(const Fd& directory) {
  const int fd = uninterrupted(
      [&] { return ::openat(directory.number(), ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, kFileMode); });
  if (fd < 0) return last_error("open O_TMPFILE");
  return Fd(fd);
}

Result<void> link_unnamed(const Fd& file, const Fd& directory, const std::string& name) {
  if (::linkat(file.number(), "", directory.number(), name.c_str(), AT_EMPTY_PATH) == 0) return {};
  // Kernels before 6.10 want CAP_DAC_READ_SEARCH for AT_EMPTY_PATH and say ENOENT without; /proc needs no
  // privilege.
  if (errno != ENOENT && errno != EPERM) return last_error("linkat");
  char path[64];
  std::snprintf(path, sizeof path, "/proc/self/fd/%d", file.number());
  if (::linkat(AT_FDCWD, path, directory.number(), name.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
  return last_error("linkat");
}

Result<Fd> create_named(const Fd& directory, const std::string& name) {
  const int fd = uninterrupted([&] {
    return ::openat(directory.number(), name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, kFileMode);
  });
  if (fd < 0) return last_error("open O_CREAT");
  return Fd(fd);
}

Result<void> rename_without_replacing(const Fd& directory, const std::string& from, const std::string& to) {
  const int at = directory.number();
  if (::renameat2(at, from.c_str(), at, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return last_error("renameat2");
  // A file system without RENAME_NOREPLACE (NFS): a hard link refuses a taken name just as well.
  if (::linkat(at, from.c_str(), at, to.c_str(), 0) != 0) return last_error("linkat");
  return remove_file(directory, from);
}

Result<void> remove_file(const Fd& directory, const std::string& name) {
  if (::unlinkat(directory.number(), name.c_str(), 0) != 0) return last_error("unlinkat");
  return {};
}

Result<void> may_write(const std::string& directory) {
  if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0) return last_error("faccessat");
  return {};
}

Result<std::vector<std::string>> list(const Fd& directory) {
  // A descriptor of its own: fdopendir takes it over, and the reading position is not shared.
  const int fd = ::openat(directory.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return last_error("open");
  const auto close = [](DIR* stream) { ::closedir(stream); };
  const std::unique_ptr<DIR, decltype(close)> stream(::fdopendir(fd), close);
  if (stream == nullptr) return last_error("fdopendir");
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return last_error("readdir");
  return names;
}

}  // namespace bobbin::os
