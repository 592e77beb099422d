#include "os/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <linux/magic.h>
#include <memory>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <system_error>
#include <unistd.h>

#include "os/call.h"

namespace bobbin::os {
namespace {

// f_type of statfs(2). ZFS is in no header of the kernel.
constexpr std::uint32_t kZfs = 0x2FC12FC1;
constexpr std::uint32_t kLocal[] = {EXT4_SUPER_MAGIC,
                                    XFS_SUPER_MAGIC,
                                    BTRFS_SUPER_MAGIC,
                                    F2FS_SUPER_MAGIC,
                                    OVERLAYFS_SUPER_MAGIC,
                                    TMPFS_MAGIC,
                                    kZfs};

// Linux 6.8; older headers do not have it, and older kernels leave it out of the mask of what they filled in.
constexpr unsigned kUniqueMountId = 0x4000;
// What fstat(2) tells, without the number of blocks and the times that are not used.
constexpr unsigned kWanted =
    STATX_TYPE | STATX_MODE | STATX_NLINK | STATX_INO | STATX_SIZE | STATX_MTIME | STATX_CTIME;

/// WallTime reaches from 1677 to 2262, and file systems go beyond.
WallTime wall_time(const statx_timestamp& time) {
  const seconds whole(time.tv_sec);
  if (whole >= std::chrono::floor<seconds>(WallTime::max().time_since_epoch())) return WallTime::max();
  if (whole < std::chrono::ceil<seconds>(WallTime::min().time_since_epoch())) return WallTime::min();
  return WallTime(whole + std::chrono::nanoseconds(time.tv_nsec));
}

FileStatus::Kind kind(mode_t mode) {
  if (S_ISREG(mode)) return FileStatus::Kind::regular;
  if (S_ISDIR(mode)) return FileStatus::Kind::directory;
  if (S_ISLNK(mode)) return FileStatus::Kind::link;
  return FileStatus::Kind::other;
}

/// As dear as fstatat(2), which cannot tell the mount.
Result<FileStatus> status_of(int directory, const char* path, int flags) {
  struct statx raw;
  if (::statx(directory, path, flags, kWanted | kUniqueMountId, &raw) != 0) return last_error("statx");
  return FileStatus{.kind = kind(raw.stx_mode),
                    .mount = (raw.stx_mask & kUniqueMountId) != 0 ? raw.stx_mnt_id : 0,
                    .device = ::makedev(raw.stx_dev_major, raw.stx_dev_minor),
                    .inode = raw.stx_ino,
                    .links = raw.stx_nlink,
                    .size_bytes = raw.stx_size,
                    .modified = wall_time(raw.stx_mtime),
                    .changed = wall_time(raw.stx_ctime),
                    .is_marked = S_ISREG(raw.stx_mode) && (raw.stx_mode & S_ISVTX) != 0};
}

}  // namespace

Result<FileStatus> status(const Fd& file) { return status_of(file.number(), "", AT_EMPTY_PATH); }

Result<FileStatus> status_at(const Fd& directory, const std::string& path) {
  return status_of(directory.number(), path.c_str(), AT_SYMLINK_NOFOLLOW);
}

Result<unsigned> permissions(const Fd& file) {
  struct stat raw;
  if (::fstat(file.number(), &raw) != 0) return last_error("fstat");
  return raw.st_mode & 0777U;
}

Result<std::string> link_target_at(const Fd& directory, const std::string& path) {
  std::string target(PATH_MAX, '\0');
  const auto size = ::readlinkat(directory.number(), path.c_str(), target.data(), target.size());
  if (size < 0) return last_error("readlinkat");
  if (static_cast<std::size_t>(size) == target.size()) return failure(Error{ENAMETOOLONG, "readlinkat"});
  target.resize(static_cast<std::size_t>(size));
  return target;
}

Result<std::uint64_t> file_system_id(const Fd& file) {
  struct statfs raw;
  if (::fstatfs(file.number(), &raw) != 0) return last_error("fstatfs");
  static_assert(sizeof raw.f_fsid == sizeof(std::uint64_t));
  std::uint64_t id;
  std::memcpy(&id, &raw.f_fsid, sizeof id);
  return id;
}

Result<FileSystem> file_system(const Fd& file) {
  struct statfs raw;
  if (::fstatfs(file.number(), &raw) != 0) return last_error("fstatfs");
  const auto is_that = [&](auto magic) { return static_cast<std::uint32_t>(raw.f_type) == magic; };
  return FileSystem{
      .kind = std::ranges::any_of(kLocal, is_that) ? FileSystem::Kind::local : FileSystem::Kind::other,
      .size_bytes = raw.f_blocks * static_cast<std::uint64_t>(raw.f_frsize),
      .free_bytes = raw.f_bavail * static_cast<std::uint64_t>(raw.f_frsize)};
}

Result<unsigned> mode_of(const std::string& name) {
  struct stat found;
  if (::stat(name.c_str(), &found) != 0) return last_error("stat");
  return static_cast<unsigned>(found.st_mode & 07777);
}

std::string place_of(const Fd& file) {
  std::error_code error;
  const auto place = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file.number()), error);
  return error ? std::string() : place.string();
}

Result<Fd> duplicate(const Fd& file) {
  const int fd = ::fcntl(file.number(), F_DUPFD_CLOEXEC, 0);
  if (fd < 0) return last_error("fcntl F_DUPFD_CLOEXEC");
  return Fd(fd);
}

Result<std::size_t> read_at(int file, std::span<std::byte> into, std::uint64_t offset) {
  std::size_t total = 0;
  while (total < into.size()) {
    const auto count = uninterrupted([&] {
      return ::pread(file, into.data() + total, into.size() - total, static_cast<off_t>(offset + total));
    });
    if (count < 0) return last_error("pread");
    if (count == 0) break;
    total += static_cast<std::size_t>(count);
  }
  return total;
}

Result<std::string> read_from_device(const Fd& directory, const std::string& path, std::size_t most_bytes) {
  constexpr std::size_t kAlignment = 4096;  // of memory, and of the size of a read
  const auto open = [&](int flags) {
    return uninterrupted([&] { return ::openat(directory.number(), path.c_str(), flags | O_CLOEXEC); });
  };
  int number = open(O_RDONLY | O_DIRECT);
  const bool is_direct = number >= 0;
  if (!is_direct && errno == EINVAL) number = open(O_RDONLY);
  if (number < 0) return last_error("open");
  const Fd file(number);
  if (!is_direct) ::posix_fadvise(number, 0, 0, POSIX_FADV_DONTNEED);
  const std::size_t size = (most_bytes + kAlignment - 1) / kAlignment * kAlignment;
  std::string memory(size + kAlignment, '\0');
  void* aligned = memory.data();
  std::size_t space = memory.size();
  std::align(kAlignment, size, aligned, space);
  const std::span<std::byte> into(static_cast<std::byte*>(aligned), size);
  const std::size_t count = TRY(read_at(file, into, 0));
  return std::string(as_text(Bytes(into).first(std::min(count, most_bytes))));
}

std::string device_name(std::uint64_t device) {
  return std::to_string(major(device)) + ":" + std::to_string(minor(device));
}

Result<std::string> read_file(const std::string& path) {
  const Fd file(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!file) return last_error("open");
  std::string text;
  std::byte piece[16 * 1024];
  while (true) {
    const auto count = uninterrupted([&] { return ::read(file.number(), piece, sizeof piece); });
    if (count < 0) return last_error("read");
    if (count == 0) return text;
    text.append(as_text(Bytes(piece).first(static_cast<std::size_t>(count))));
  }
}

Result<std::string> read_open_file(const Fd& file) {
  std::string text;
  std::array<std::byte, 16 * 1024> piece;
  while (true) {
    const std::size_t count = TRY(read_at(file, piece, text.size()));
    if (count == 0) return text;
    text.append(as_text(Bytes(piece).first(count)));
  }
}

Result<Fd> file_in_memory(std::string_view content) {
  Fd file(::memfd_create("bobbin", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return last_error("memfd_create");
  TRY(write_all(file, as_bytes(content)));
  return file;
}

Result<void> write_all(const Fd& file, Bytes bytes) {
  while (!bytes.empty()) {
    const auto count = uninterrupted([&] { return ::write(file.number(), bytes.data(), bytes.size()); });
    if (count < 0) return last_error("write");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> set_size(const Fd& file, std::uint64_t size_bytes) {
  if (uninterrupted([&] { return ::ftruncate(file.number(), static_cast<off_t>(size_bytes)); }) != 0)
    return last_error("ftruncate");
  return {};
}

Result<void> write_at(const Fd& file, Bytes bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const auto count = uninterrupted(
        [&] { return ::pwrite(file.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
    if (count < 0) return last_error("pwrite");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<void> sync([[maybe_unused]] const Fd& file) {
#ifndef BOBBIN_TEST_NO_SYNC
  if (uninterrupted([&] { return ::fsync(file.number()); }) != 0) return last_error("fsync");
#endif
  return {};
}

#ifndef BOBBIN_TEST_NO_SYNC
namespace {

/// A file system that has stopped fails this with EIO, though its syncs may succeed.
Result<void> check_that_it_runs(const Fd& file) {
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return last_error("fstat after a sync");
  return {};
}

}  // namespace
#endif

Result<void> sync_directory([[maybe_unused]] const Fd& directory) {
#ifndef BOBBIN_TEST_NO_SYNC
  TRY(sync(directory));
  return check_that_it_runs(directory);
#else
  return {};
#endif
}

Result<void> sync_content([[maybe_unused]] const Fd& file) {
#ifndef BOBBIN_TEST_NO_SYNC
  if (uninterrupted([&] { return ::fdatasync(file.number()); }) != 0) return last_error("fdatasync");
#endif
  return {};
}

Result<void> write_out([[maybe_unused]] const Fd& file, [[maybe_unused]] std::uint64_t offset,
                       [[maybe_unused]] std::uint64_t length) {
#ifndef BOBBIN_TEST_NO_SYNC
  const auto write = [&](std::uint64_t from, unsigned flags) -> Result<void> {
    const auto start = static_cast<off64_t>(from);
    const auto size = static_cast<off64_t>(length);
    if (uninterrupted([&] { return ::sync_file_range(file.number(), start, size, flags); }) == 0) return {};
    const bool is_of_disk = errno == EIO || errno == ENOSPC || errno == EDQUOT;
    return is_of_disk ? last_error("sync_file_range") : Result<void>();
  };
  TRY(write(offset, SYNC_FILE_RANGE_WRITE));
  if (offset >= length)
    TRY(write(offset - length,
              SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
#endif
  return {};
}

bool is_failed_sync_reported() {
  utsname names{};
  if (::uname(&names) != 0) return false;
  char* dot = nullptr;
  const unsigned long major = std::strtoul(names.release, &dot, 10);
  const unsigned long minor = *dot == '.' ? std::strtoul(dot + 1, nullptr, 10) : 0;
  return major > 5 || (major == 5 && minor >= 8);
}

Result<void> sync_file_system([[maybe_unused]] const Fd& file) {
#ifndef BOBBIN_TEST_NO_SYNC
  if (uninterrupted([&] { return ::syncfs(file.number()); }) != 0) return last_error("syncfs");
  return check_that_it_runs(file);
#else
  return {};
#endif
}

}  // namespace bobbin::os
