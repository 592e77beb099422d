#include "os/unix_socket.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <grp.h>
#include <pwd.h>
#include <string_view>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/clock.h"
#include "os/call.h"
#include "os/directory.h"
#include "os/lock.h"

namespace bobbin::os {
namespace {

constexpr Duration kLockPatience = seconds(2);
constexpr Duration kLockRetry = milliseconds(10);

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() > kMaximumSocketPathBytes) return failure(Error{ENAMETOOLONG, "bind"});
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

Result<Fd> stream_socket() {
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return last_error("socket");
  return socket;
}

/// Waits until no other server binds a socket in this directory. Nothing where the file system has no locks.
Result<Fd> lock_directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  Fd directory = TRY(open_directory(slash == std::string::npos ? "." : path.substr(0, slash + 1)));
  const Instant end = monotonic_now() + kLockPatience;
  while (true) {
    const auto locked = try_lock(directory);
    if (!locked && !is_unsupported_lock(locked.error())) return failure(locked.error());
    if (!locked || *locked) return directory;
    if (monotonic_now() >= end) return failure(Error{EWOULDBLOCK, "flock"});
    std::this_thread::sleep_for(kLockRetry);
  }
}

/// Removes the socket file at the path if nobody listens there.
Result<void> remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return errno == ENOENT ? Result<void>() : last_error("lstat");
  if (!S_ISSOCK(found.st_mode)) return failure(Error{ENOTSOCK, "bind"});
  const Fd probe = TRY(stream_socket());
  const int connected =
      ::connect(probe.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  // Any other error is that of a socket which somebody has: its queue is full, or it is no stream.
  if (connected == 0 || (errno != ECONNREFUSED && errno != ENOENT)) return failure(Error{EADDRINUSE, "bind"});
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return last_error("unlink");
  return {};
}

Result<void> bind_path(const Fd& socket, const std::string& path) {
  const sockaddr_un address = TRY(address_of(path));
  const auto bind = [&] {
    return ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  };
  if (bind()) return {};
  if (errno != EADDRINUSE) return last_error("bind");
  TRY(remove_stale(path, address));
  if (bind()) return {};
  return last_error("bind");
}

Result<void> give_rights(const std::string& path, const SocketRights& rights) {
  constexpr auto kUnchanged = static_cast<std::uint32_t>(-1);
  if ((rights.user || rights.group) &&
      ::lchown(path.c_str(), rights.user.value_or(kUnchanged), rights.group.value_or(kUnchanged)) != 0)
    return last_error("chown");
  if (::chmod(path.c_str(), rights.mode) != 0) return last_error("chmod");
  return {};
}

Result<std::uint64_t> inode_of(const std::string& path) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return last_error("lstat");
  return found.st_ino;
}

}  // namespace

/// Makes SocketFile objects, once a file is bound.
class UnixListening {
 public:
  static Result<UnixListener> listen(const std::string& path, const SocketRights& rights, int backlog) {
    Fd socket = TRY(stream_socket());
    const Fd lock = TRY(lock_directory_of(path));
    TRY(bind_path(socket, path));
    const std::uint64_t inode = TRY(inode_of(path));
    SocketFile file(path, inode);
    // Until the socket listens, every attempt to connect is refused: so nobody gets in before the rights are
    // right.
    TRY(give_rights(path, rights));
    if (::listen(socket.number(), backlog) != 0) return last_error("listen");
    return UnixListener{std::move(socket), std::move(file)};
  }

  static std::optional<SocketFile> take_file(const Fd& socket) {
    const std::string path = socket_path(socket);
    if (path.empty()) return std::nullopt;
    const auto inode = inode_of(path);
    return inode ? std::optional(SocketFile(path, *inode)) : std::nullopt;
  }
};

void SocketFile::remove() {
  if (path_.empty()) return;
  const auto inode = inode_of(path_);
  if (inode && *inode == inode_) ::unlink(path_.c_str());
  path_.clear();
}

Result<UnixListener> listen_unix(const std::string& path, const SocketRights& rights, int backlog) {
  return UnixListening::listen(path, rights, backlog);
}

std::optional<SocketFile> take_socket_file(const Fd& socket) { return UnixListening::take_file(socket); }

std::string socket_path(const Fd& socket) {
  sockaddr_un address{};
  socklen_t length = sizeof address;
  if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
      address.sun_family != AF_UNIX || length <= offsetof(sockaddr_un, sun_path))
    return {};
  const std::size_t size = length - offsetof(sockaddr_un, sun_path);
  return {address.sun_path, ::strnlen(address.sun_path, size)};
}

}  // namespace bobbin::os
