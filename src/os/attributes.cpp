#include "os/attributes.h"

#include <array>
#include <chrono>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "os/call.h"

namespace bobbin::os {
namespace {

constexpr std::size_t kMostAttributeBytes = 4096;

timespec timespec_of(WallTime time) {
  const auto whole = std::chrono::floor<seconds>(time.time_since_epoch());
  return {.tv_sec = whole.count(),
          .tv_nsec = std::chrono::nanoseconds(time.time_since_epoch() - whole).count()};
}

}  // namespace

Result<void> set_attribute(const Fd& file, const std::string& name, std::string_view value) {
  if (::fsetxattr(file.number(), name.c_str(), value.data(), value.size(), 0) != 0)
    return last_error("fsetxattr");
  return {};
}

Result<std::string> attribute(int file, const std::string& name) {
  std::array<char, kMostAttributeBytes> value;
  const ssize_t size = ::fgetxattr(file, name.c_str(), value.data(), value.size());
  if (size < 0) return last_error("fgetxattr");
  return std::string(value.data(), static_cast<std::size_t>(size));
}

Result<void> mark(const Fd& file) {
  struct stat status;
  if (::fstat(file.number(), &status) != 0) return last_error("fstat");
  if (::fchmod(file.number(), (status.st_mode & 07777U) | S_ISVTX) != 0) return last_error("fchmod");
  return {};
}

Result<void> set_times(const Fd& file, WallTime accessed, WallTime modified) {
  const std::array times{timespec_of(accessed), timespec_of(modified)};
  if (::futimens(file.number(), times.data()) != 0) return last_error("futimens");
  return {};
}

Result<WallTime> accessed_at(const Fd& directory, const std::string& path) {
  struct stat status;
  if (::fstatat(directory.number(), path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return last_error("fstatat");
  return WallTime(seconds(status.st_atim.tv_sec) + std::chrono::nanoseconds(status.st_atim.tv_nsec));
}

}  // namespace bobbin::os
