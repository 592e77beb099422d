#include "os/helper_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "os/call.h"

namespace bobbin::os {
namespace {

constexpr unsigned kPauseSeconds = 1;

/// All but the standard streams and these.
void close_all_but(std::span<const MessageSocket> kept) {
  std::vector<unsigned> numbers;
  numbers.reserve(kept.size());
  for (const MessageSocket& socket : kept) numbers.push_back(static_cast<unsigned>(socket.fd().number()));
  std::ranges::sort(numbers);
  unsigned next = STDERR_FILENO + 1;
  for (const unsigned number : numbers) {
    if (number > next) ::close_range(next, number - 1, 0);
    next = number + 1;
  }
  ::close_range(next, ~0U, 0);
}

/// Whether the work has ended because there is none any more.
bool do_once(const std::function<void()>& work) {
  const pid_t worker = ::fork();
  if (worker == 0) {
    work();
    ::_exit(0);
  }
  if (worker < 0) return false;
  int status = 0;
  const auto waited = uninterrupted([&] { return ::waitpid(worker, &status, 0); });
  return waited == worker && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// The keeper of the worker. It has no threads, and so can start another one.
[[noreturn]] void keep_working(const std::string& name, std::span<const MessageSocket> kept,
                               const std::function<void()>& work) {
  ::prctl(PR_SET_NAME, name.c_str());
  close_all_but(kept);
  while (!do_once(work)) ::sleep(kPauseSeconds);
  ::_exit(0);
}

}  // namespace

Result<void> start_helper_process(const std::string& name, std::span<const MessageSocket> kept,
                                  const std::function<void()>& work) {
  // Whoever ends the server by a signal to its group, as a terminal does, does not end this one first.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  if (::sigprocmask(SIG_SETMASK, &all, &before) != 0) return last_error("sigprocmask");
  const pid_t process = ::fork();
  if (process == 0) keep_working(name, kept, work);
  const int code = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  if (process < 0) return failure(Error{code, "fork"});
  return {};
}

}  // namespace bobbin::os
