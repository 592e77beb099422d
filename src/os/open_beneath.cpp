#include "os/open_beneath.h"

#include <algorithm>
#include <climits>
#include <fcntl.h>
#include <linux/openat2.h>
#include <optional>
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

constexpr std::uint64_t kBeneath = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
constexpr std::uint64_t kBeneathWithoutLinks = kBeneath | RESOLVE_NO_SYMLINKS;

// As many as the kernel follows on one path (path_resolution(7)).
constexpr int kMostLinks = 40;

int openat2(int directory, const char* path, int flags, std::uint64_t resolve) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.resolve = resolve;
  return static_cast<int>(::syscall(SYS_openat2, directory, path, &how, sizeof how));
}

Result<Fd> open_by_kernel(const Fd& root, const std::string& path, int flags, std::uint64_t resolve) {
  const char* relative = path.empty() ? "." : path.c_str();
  // EAGAIN: something was renamed during the walk, so the kernel cannot vouch for it. A few tries settle it.
  int fd = -1;
  for (int attempt = 0; attempt < 8; ++attempt) {
    fd = openat2(root.number(), relative, flags, resolve);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  if (fd < 0) return last_error("openat2");
  return Fd(fd);
}

/// Takes the first component of a path off its front, with the slash behind it.
std::string_view take_component(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string_view component = path.substr(0, slash);
  path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  return component;
}

/// Whether it leads nowhere, as in `a//b` and `a/./b`.
bool is_idle(std::string_view component) { return component.empty() || component == "."; }

/// What stands behind `folder` in `path`, both absolute. Nothing: it does not lead there.
std::optional<std::string_view> part_beneath(std::string_view path, std::string_view folder) {
  while (!folder.empty()) {
    const std::string_view wanted = take_component(folder);
    if (is_idle(wanted)) continue;
    std::string_view found;
    while (is_idle(found) && !path.empty()) found = take_component(path);
    if (found != wanted) return std::nullopt;
  }
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  return path;
}

std::optional<std::string> part_beneath(std::string_view target, const Root& root) {
  for (const std::string& name : root.names())
    if (const auto part = part_beneath(target, name)) return std::string(*part);
  return std::nullopt;
}

/// Walks a path beneath a root on which the kernel has met an absolute link, and reads every link itself.
class LinkWalk {
 public:
  LinkWalk(const Root& root, const std::string& path) : root_(root), ahead_(path) {}

  /// The path beneath the root to which it leads, without links, `.` and `..`. EXDEV: it leads out.
  [[nodiscard]] Result<std::string> end() && {
    if (ahead_.starts_with('/')) return failure(Error{EXDEV, "openat2"});
    while (!ahead_.empty()) {
      if (walked_.size() + ahead_.size() >= PATH_MAX) return failure(Error{ENAMETOOLONG, "openat2"});
      TRY(step());
    }
    if (!ends_in_folder_) return walked_;
    return walked_.empty() ? "." : walked_ + "/.";
  }

 private:
  [[nodiscard]] Result<void> step() {
    std::string_view rest = ahead_;
    const std::string component(take_component(rest));
    ends_in_folder_ = is_idle(component) || component == ".." || component.size() < ahead_.size();
    ahead_ = std::string(rest);
    if (is_idle(component)) return {};
    if (component == "..") return go_up();
    std::string next = walked_.empty() ? component : walked_ + "/" + component;
    const Fd place = TRY(open_by_kernel(root_.fd(), next, kLook | O_NOFOLLOW, kBeneathWithoutLinks));
    if (TRY(status(place)).kind == Kind::link) return follow(TRY(link_target_at(place, "")));
    walked_ = std::move(next);
    return {};
  }

  [[nodiscard]] Result<void> go_up() {
    if (walked_.empty()) return failure(Error{EXDEV, "openat2"});
    walked_.erase(std::max<std::size_t>(walked_.rfind('/') + 1, 1) - 1);
    return {};
  }

  [[nodiscard]] Result<void> follow(std::string target) {
    if (++links_ > kMostLinks) return failure(Error{ELOOP, "openat2"});
    if (target.starts_with('/')) {
      auto part = part_beneath(target, root_);
      if (!part) return failure(Error{EXDEV, "openat2"});
      target = *std::move(part);
      walked_.clear();
    }
    // A slash behind the link stays there, since it asks for a folder.
    ahead_ = ends_in_folder_ ? target + "/" + ahead_ : target;
    return {};
  }

  const Root& root_;
  std::string walked_;  // through folders that are no links
  std::string ahead_;
  bool ends_in_folder_ = false;
  int links_ = 0;
};

/// Whether a path begins at the top or has a component `..`.
bool leads_up(std::string_view path) {
  if (path.starts_with('/')) return true;
  while (!path.empty())
    if (take_component(path) == "..") return true;
  return false;
}

Result<Fd> open_by_kernel(const Root& root, const std::string& path, int flags) {
  switch (root.links()) {
    case Links::no: return open_by_kernel(root.fd(), path, flags, kBeneathWithoutLinks);
    case Links::yes:
      if (leads_up(path)) return failure(Error{EXDEV, "openat2"});
      return open_by_kernel(root.fd(), path, flags, RESOLVE_NO_MAGICLINKS);
    case Links::inside: break;
  }
  auto opened = open_by_kernel(root.fd(), path, flags, kBeneath);
  if (opened || opened.error().code != EXDEV) return opened;
  return open_by_kernel(root.fd(), TRY(LinkWalk(root, path).end()), flags, kBeneathWithoutLinks);
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

Result<Fd> open_with(const Root& root, const std::string& path, int flags, PathWalk walk) {
  return walk == PathWalk::by_kernel ? open_by_kernel(root, path, flags)
                                     : open_by_component(root.fd(), path, flags);
}

Result<Opened> look_at(const Root& root, const std::string& path, PathWalk walk) {
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
    const Fd probe(openat2(AT_FDCWD, ".", kLook, kBeneath));
    return probe || (errno != ENOSYS && errno != EPERM);
  }();
  return available;
}

PathWalk available_walk() { return openat2_is_available() ? PathWalk::by_kernel : PathWalk::by_component; }

Result<Opened> open_beneath(const Root& root, const std::string& path, PathWalk walk) {
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

Result<FileStatus> status_beneath(const Root& root, const std::string& path, PathWalk walk) {
  return TRY(look_at(root, path, walk)).status;
}

}  // namespace bobbin::os
