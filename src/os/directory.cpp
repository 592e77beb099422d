#include "os/directory.h"

#include <cstddef>
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
constexpr mode_t kPrivateFileMode = 0600;

// Small, since a caller may have text to make of every entry before it can pause.
constexpr std::size_t kEntriesBytes = 8 * 1024;

Result<void> may_access(const Fd& directory, const std::string& path, int how) {
  const char* relative = path.empty() ? "." : path.c_str();
  if (::faccessat(directory.number(), relative, how, AT_EACCESS) != 0) return last_error("faccessat");
  return {};
}

Result<Fd> open_at(const Fd& directory, const std::string& path, int flags) {
  const int fd = uninterrupted(
      [&] { return ::openat(directory.number(), path.c_str(), flags | O_NOFOLLOW | O_CLOEXEC); });
  if (fd < 0) return last_error("openat");
  return Fd(fd);
}

Result<Fd> create_at(const Fd& directory, const std::string& name, mode_t mode) {
  const int fd = uninterrupted([&] {
    return ::openat(directory.number(), name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, mode);
  });
  if (fd < 0) return last_error("open O_CREAT");
  return Fd(fd);
}

std::optional<FileStatus::Kind> kind_of_entry(unsigned char type) {
  switch (type) {
    case DT_UNKNOWN: return std::nullopt;
    case DT_REG: return FileStatus::Kind::regular;
    case DT_DIR: return FileStatus::Kind::directory;
    case DT_LNK: return FileStatus::Kind::link;
    default: return FileStatus::Kind::other;
  }
}

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

Result<void> make_private_directory(const Fd& parent, const std::string& path) {
  if (::mkdirat(parent.number(), path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return last_error("mkdirat");
}

Result<void> give_to_group(const Fd& directory, std::uint32_t group, unsigned mode) {
  constexpr auto kUnchanged = static_cast<uid_t>(-1);
  if (::fchown(directory.number(), kUnchanged, group) != 0) return last_error("fchown");
  if (::fchmod(directory.number(), mode) != 0) return last_error("fchmod");
  return {};
}

Result<Fd> open_directory_at(const Fd& parent, const std::string& path) {
  return open_at(parent, path, O_RDONLY | O_DIRECTORY);
}

Result<Fd> open_file_at(const Fd& directory, const std::string& path) {
  return open_at(directory, path, O_RDONLY);
}

Result<Fd> open_regular_file_at(const Fd& directory, const std::string& path) {
  Fd file = TRY(open_at(directory, path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  const FileStatus::Kind kind = TRY(status(file)).kind;
  if (kind == FileStatus::Kind::directory) return failure(Error{EISDIR, "openat"});
  if (kind != FileStatus::Kind::regular) return failure(Error{EINVAL, "openat: no regular file"});
  return file;
}

Result<Fd> open_for_writing_at(const Fd& directory, const std::string& path) {
  return open_at(directory, path, O_WRONLY);
}

Result<Fd> create_unnamed(const Fd& directory) {
  const int fd = uninterrupted(
      [&] { return ::openat(directory.number(), ".", O_TMPFILE | O_RDWR | O_CLOEXEC, kFileMode); });
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
  return create_at(directory, name, kFileMode);
}

Result<Fd> create_private(const Fd& directory, const std::string& name) {
  return create_at(directory, name, kPrivateFileMode);
}

Result<void> rename_without_replacing(const Fd& directory, const std::string& from, const std::string& to) {
  const int at = directory.number();
  if (::renameat2(at, from.c_str(), at, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return last_error("renameat2");
  // A file system without RENAME_NOREPLACE (NFS): a hard link refuses a taken name just as well.
  if (::linkat(at, from.c_str(), at, to.c_str(), 0) != 0) return last_error("linkat");
  return remove_file(directory, from);
}

Result<void> move_without_replacing(const Fd& from_directory, const std::string& from, const Fd& to_directory,
                                    const std::string& to) {
  const int source = from_directory.number();
  const int target = to_directory.number();
  if (::renameat2(source, from.c_str(), target, to.c_str(), RENAME_NOREPLACE) == 0) return {};
  if (errno != EINVAL && errno != ENOSYS) return last_error("renameat2");
  if (status_at(to_directory, to)) return failure(Error{EEXIST, "renameat"});
  if (::renameat(source, from.c_str(), target, to.c_str()) != 0) return last_error("renameat");
  return {};
}

Result<void> move_replacing(const Fd& from_directory, const std::string& from, const Fd& to_directory,
                            const std::string& to) {
  if (::renameat(from_directory.number(), from.c_str(), to_directory.number(), to.c_str()) != 0)
    return last_error("renameat");
  return {};
}

Result<void> rename_replacing(const Fd& directory, const std::string& from, const std::string& to) {
  const int at = directory.number();
  if (::renameat(at, from.c_str(), at, to.c_str()) != 0) return last_error("renameat");
  return {};
}

Result<void> link_file(const Fd& directory, const std::string& from, const std::string& to) {
  const int at = directory.number();
  if (::linkat(at, from.c_str(), at, to.c_str(), 0) != 0) return last_error("linkat");
  return {};
}

Result<void> remove_directory(const Fd& parent, const std::string& path) {
  if (::unlinkat(parent.number(), path.c_str(), AT_REMOVEDIR) != 0) return last_error("unlinkat");
  return {};
}

Result<void> remove_file(const Fd& directory, const std::string& name) {
  if (::unlinkat(directory.number(), name.c_str(), 0) != 0) return last_error("unlinkat");
  return {};
}

Result<void> may_write(const std::string& directory) {
  if (::faccessat(AT_FDCWD, directory.c_str(), W_OK | X_OK, AT_EACCESS) != 0) return last_error("faccessat");
  return {};
}

Result<void> may_read(const Fd& directory, const std::string& path) {
  return may_access(directory, path, R_OK);
}

Result<void> may_list(const Fd& directory, const std::string& path) {
  return may_access(directory, path, R_OK | X_OK);
}

Result<bool> read_entries(const Fd& directory, const std::function<void(const DirectoryEntry&)>& visit) {
  alignas(dirent64) char buffer[kEntriesBytes];
  const auto filled = ::getdents64(directory.number(), buffer, sizeof buffer);
  if (filled < 0) return last_error("getdents64");
  for (std::size_t at = 0; at < static_cast<std::size_t>(filled);) {
    const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") visit({.name = name, .kind = kind_of_entry(entry->d_type)});
    at += entry->d_reclen;
  }
  return filled > 0;
}

Result<void> rewind_entries(const Fd& directory) {
  if (::lseek(directory.number(), 0, SEEK_SET) < 0) return last_error("lseek");
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
