#include "os/child_process.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "os/call.h"

namespace bobbin::os {

Result<ChildProcess> ChildProcess::start(const std::function<int()>& body) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return last_error("pipe2");
  Fd output(ends[0]);
  const Fd input(ends[1]);
  std::fflush(stdout);  // what is in the buffer would be written twice
  const pid_t parent = ::getpid();
  const pid_t process = ::fork();
  if (process < 0) return last_error("fork");
  if (process > 0) return ChildProcess(process, std::move(output));
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent || ::dup2(input.number(), STDOUT_FILENO) < 0) std::_Exit(EXIT_FAILURE);
  const int status = body();
  std::fflush(stdout);
  std::_Exit(status);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : process_(std::exchange(other.process_, 0)), output_(std::move(other.output_)) {}

ChildProcess::~ChildProcess() {
  kill();
  static_cast<void>(wait());
}

Result<std::optional<std::string>> ChildProcess::read(Duration patience) {
  const auto limit = std::chrono::ceil<milliseconds>(std::max(patience, Duration::zero())).count();
  pollfd watched{.fd = output_.number(), .events = POLLIN, .revents = 0};
  const int ready = uninterrupted([&] { return ::poll(&watched, 1, static_cast<int>(limit)); });
  if (ready < 0) return last_error("poll");
  if (ready == 0) return std::nullopt;
  std::array<char, 64UL * 1024> bytes;
  const auto count = uninterrupted([&] { return ::read(output_.number(), bytes.data(), bytes.size()); });
  if (count < 0) return last_error("read");
  return std::string(bytes.data(), static_cast<std::size_t>(count));
}

void ChildProcess::kill() const {
  if (process_ != 0) ::kill(process_, SIGKILL);
}

std::optional<int> ChildProcess::wait() {
  if (process_ == 0) return std::nullopt;
  int status = 0;
  const pid_t waited = uninterrupted([&] { return ::waitpid(process_, &status, 0); });
  process_ = 0;
  if (waited < 0 || !WIFEXITED(status)) return std::nullopt;
  return WEXITSTATUS(status);
}

}  // namespace bobbin::os
