#include "os/open_beneath.h"

#include <climits>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "os/call.h"

namespace bobbin::os {
namespace {

using Kind = FileStatus::Kind;

constexpr int kLook = O_PATH | O_CLOEXEC;
constexpr int kReadOrWait = O_RDONLY | O_NOCTTY | O_CLOEXEC;
constexpr int kRead = kReadOrWait | O_NONBLOCK;

int openat2(int directory, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, directory, path, &how, sizeof how));
}

Result<Fd> open_by_kernel(const Fd& root, const std::string& path, int flags) {
  const char* relative = path.empty() ? "." : path.c_str();
  // EAGAIN: something was renamed during the walk, so the kernel cannot vouch for it. A few tries settle it.
  int fd = -1;
  for (int attempt = 0; attempt < 8; ++attempt) {
    fd = openat2(root.number(), relative, flags);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  if (fd < 0) return last_error("openat2");
  return Fd(fd);
}

Result<Fd> open_component(const Fd& folder, const std::string& name, int flags) {
  if (name == "..") return failure(Error{EXDEV, "openat"});
  const char* relative = name.empty() ? "." : name.c_str();
  Fd component(uninterrupted([&] { return ::openat(folder.number(), relative, flags | O_NOFOLLOW); }));
  if (component) return component;
  const Error error{errno, "openat"};
  // A link where a directory has to be is no directory either: the kernel does not tell which it was.
  if (error.code == ENOTDIR)
    if (const auto status = status_at(folder, relative); status && status->kind == Kind::link)
      return failure(Error{ELOOP, "openat"});
  return failure(error);
}

// Each directory on the way is held while the next component is looked up in it, and a link is never taken,
// so that nothing that is renamed meanwhile can lead the walk out of the root.
Result<Fd> open_by_component(const Fd& root, const std::string& path, int flags) {
  if (path.starts_with('/')) return failure(Error{EXDEV, "openat"});
  if (path.size() >= PATH_MAX) return failure(Error{ENAMETOOLONG, "openat"});
  Fd folder;
  std::string_view rest = path;
  for (std::size_t slash = 0; (slash = rest.find('/')) != std::string_view::npos;) {
    const std::string name(rest.substr(0, slash));
    folder = TRY(open_component(folder ? folder : root, name, kLook | O_DIRECTORY));
    rest.remove_prefix(slash + 1);
  }
  return open_component(folder ? folder : root, std::string(rest), flags);
}

Result<Fd> open_with(const Fd& root, const std::string& path, int flags, PathWalk walk) {
  return walk == PathWalk::by_kernel ? open_by_kernel(root, path, flags)
                                     : open_by_component(root, path, flags);
}

Result<Opened> look_at(const Fd& root, const std::string& path, PathWalk walk) {
  Fd place = TRY(open_with(root, path, kLook, walk));
  const FileStatus looked = TRY(status(place));
  if (looked.kind == Kind::link) return failure(Error{ELOOP, "openat"});
  return Opened{std::move(place), looked};
}

/// Where each of our descriptors stands under its number. None: /proc is not mounted.
const Fd& own_descriptors() {
  static const Fd directory(::open("/proc/self/fd", kLook | O_DIRECTORY));
  return directory;
}

/// Opens for reading what `place`, an O_PATH descriptor, stands for, whatever has happened to its name.
Result<Fd> open_again(const Fd& place, int flags) {
  const std::string number = std::to_string(place.number());
  const int fd = uninterrupted([&] { return ::openat(own_descriptors().number(), number.c_str(), flags); });
  if (fd < 0) return last_error("open");
  return Fd(fd);
}

}  // namespace

bool openat2_is_available() {
  static const bool available = [] {
    const Fd probe(openat2(AT_FDCWD, ".", kLook));
    return probe || (errno != ENOSYS && errno != EPERM);
  }();
  return available;
}

PathWalk available_walk() { return openat2_is_available() ? PathWalk::by_kernel : PathWalk::by_component; }

Result<Opened> open_beneath(const Fd& root, const std::string& path, PathWalk walk) {
  Opened opened = TRY(look_at(root, path, walk));
  if (opened.status.kind != Kind::regular && opened.status.kind != Kind::directory) return opened;
  if (own_descriptors()) {
    auto file = open_again(opened.fd, kRead);
    opened.is_leased = !file && file.error().code == EWOULDBLOCK;
    if (!opened.is_leased) opened.fd = TRY(std::move(file));
    return opened;
  }
  // The path once more. Between the two walks another file may have got this name: its own status counts.
  opened.fd = TRY(open_with(root, path, kRead, walk));
  opened.status = TRY(status(opened.fd));
  return opened;
}

Result<Fd> wait_for_lease(const Fd& leased) { return open_again(leased, kReadOrWait); }

Result<FileStatus> status_beneath(const Fd& root, const std::string& path, PathWalk walk) {
  return TRY(look_at(root, path, walk)).status;
}

}  // namespace bobbin::os
