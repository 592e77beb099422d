#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// The longest path that a Unix socket can have, in bytes: what sun_path holds (unix(7)), without its NUL.
inline constexpr std::size_t kMaximumSocketPathBytes = 107;

/// Owns the file of a Unix socket: removes it at its end, unless another socket has taken the name meanwhile.
class SocketFile {
 public:
  SocketFile(SocketFile&& other) noexcept : path_(std::exchange(other.path_, {})), inode_(other.inode_) {}
  SocketFile& operator=(SocketFile&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(inode_, other.inode_);
    return *this;
  }
  ~SocketFile() { remove(); }

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Another process owns the file from now on.
  void give_away() { path_.clear(); }

 private:
  friend class UnixListening;
  SocketFile(std::string path, std::uint64_t inode) : path_(std::move(path)), inode_(inode) {}
  void remove();

  std::string path_;  // empty: it owns none
  std::uint64_t inode_ = 0;
};

/// Who may connect to a Unix socket: whoever may write to its file. What is absent stays as the system
/// makes it: the user and the group of the process.
struct SocketRights {
  unsigned mode = 0660;
  std::optional<std::uint32_t> user;
  std::optional<std::uint32_t> group;
};

struct UnixListener {
  Fd socket;
  SocketFile file;
};

/// A listening Unix stream socket at this path, not blocking. Nobody can connect before the rights are set. A
/// socket file that nobody listens at is replaced; one at which somebody listens never is: EADDRINUSE. A file
/// of another kind is left alone: ENOTSOCK. The lock of the directory, flock(2), keeps two servers that start
/// at the same moment from replacing each other's: EWOULDBLOCK when it is not free within 2 s.
[[nodiscard]] Result<UnixListener> listen_unix(const std::string& path, const SocketRights& rights,
                                               int backlog);

/// Owns the file of a socket that another process has bound. Nothing: it has none, or another one stands
/// there.
[[nodiscard]] std::optional<SocketFile> take_socket_file(const Fd& socket);

/// The path that a Unix socket is bound to; empty when it is none, or has none.
[[nodiscard]] std::string socket_path(const Fd& socket);

}  // namespace bobbin::os
