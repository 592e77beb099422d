#include "os/log_file.h"

#include <cerrno>
#include <climits>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/call.h"

namespace bobbin::os {
namespace {

constexpr int kFlags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

Result<Fd> open_for_append(const char* path, int extra_flags) {
  const int fd = uninterrupted([&] { return ::open(path, kFlags | extra_flags, 0640); });
  if (fd < 0) return last_error("open");
  return Fd(fd);
}

}  // namespace

Result<LogFile> LogFile::open(const std::string& path) {
  return LogFile(TRY(open_for_append(path.c_str(), O_CREAT)), Kind::non_blocking);
}

Result<LogFile> LogFile::standard_output() {
  // A duplicate above 2: descriptor 1 of a process started without one would soon be some client's socket.
  Fd copy(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  if (!copy && errno == EBADF) return LogFile(TRY(open_for_append("/dev/null", 0)), Kind::non_blocking);
  if (!copy) return last_error("fcntl");
  struct stat status;
  if (::fstat(copy.number(), &status) < 0) return last_error("fstat");
  if (S_ISREG(status.st_mode)) return LogFile(std::move(copy), Kind::non_blocking);
  if (S_ISSOCK(status.st_mode)) return LogFile(std::move(copy), Kind::socket);
  // O_NONBLOCK belongs to the open file description, which the shell and our siblings share: set on the
  // duplicate it would break them. Opening the pipe or terminal anew gives a description of our own, where
  // /proc and permissions allow it.
  if (auto own = open_for_append("/proc/self/fd/1", 0)) return LogFile(*std::move(own), Kind::non_blocking);
  return LogFile(std::move(copy), Kind::blocking);
}

Result<std::size_t> LogFile::write_some(std::string_view text) {
  if (kind_ == Kind::blocking) {
    // A pipe that polls as writable takes PIPE_BUF bytes without blocking (pipe(7)).
    if (!has_room(milliseconds(0))) return 0;
    text = text.substr(0, PIPE_BUF);
  }
  const ssize_t taken = uninterrupted([&] {
    return kind_ == Kind::socket ? ::send(fd_.number(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                                 : ::write(fd_.number(), text.data(), text.size());
  });
  if (taken >= 0) return static_cast<std::size_t>(taken);
  if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
  return last_error(kind_ == Kind::socket ? "send" : "write");
}

bool LogFile::has_room(milliseconds limit) const {
  pollfd request{fd_.number(), POLLOUT, 0};
  return ::poll(&request, 1, static_cast<int>(limit.count())) > 0;
}

void LogFile::wait_for_room(milliseconds limit) { static_cast<void>(has_room(limit)); }

}  // namespace bobbin::os
