// bench_start: the time from exec to the first answer.
//
//   bench_start --port N --request FILE --runs N -- COMMAND...
//
// Starts the command, knocks at the port every 50 µs until it is answered with 200, ends the server, and does
// so --runs times. The microseconds of every run are a JSON list on stdout. What the server prints is
// dropped.

#include <array>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "benchmarks/support.h"

namespace bobbin::bench {
namespace {

constexpr std::chrono::microseconds kBetweenKnocks{50};
constexpr std::chrono::seconds kPatience{5};

pid_t start(char** command) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
  }
  pid_t pid = 0;
  errno = posix_spawnp(&pid, command[0], &actions, nullptr, command, environ);
  checked(errno == 0 ? 0 : -1, command[0]);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

/// One connection, one request; false when nobody listens yet. A server that listens already may take its
/// time to answer.
bool is_answered(const sockaddr_in& server, const std::string& request) {
  const int fd = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  std::array<char, 64 * 1024> buffer;
  bool answered = false;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0 &&
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const ssize_t n = recv(fd, buffer.data(), buffer.size(), 0);
    answered = n >= 12 && std::string_view(buffer.data(), 12) == "HTTP/1.1 200";
    if (n > 0 && !answered) give_up("the first answer is not 200");
  }
  close(fd);
  return answered;
}

void stop(pid_t pid) {
  checked(kill(pid, SIGTERM), "kill");
  checked(waitpid(pid, nullptr, 0), "waitpid");
}

double first_answer_us(char** command, const sockaddr_in& server, const std::string& request) {
  const auto started = Clock::now();
  const pid_t pid = start(command);
  while (!is_answered(server, request)) {
    if (Clock::now() - started > kPatience || waitpid(pid, nullptr, WNOHANG) == pid) {
      kill(pid, SIGKILL);
      give_up("the server does not answer");
    }
    std::this_thread::sleep_for(kBetweenKnocks);
  }
  const std::chrono::duration<double, std::micro> taken = Clock::now() - started;
  stop(pid);
  return taken.count();
}

int run(int argc, char** argv) {
  const Options options(argc, argv, {{"--port", ""}, {"--request", ""}, {"--runs", "10"}});
  if (*options.rest() == nullptr) give_up("no command");
  const sockaddr_in server = loopback(options.count("--port"));
  const std::string request = contents_of(options.text("--request"));
  for (std::uint64_t run = 0; run < options.count("--runs"); ++run) {
    std::printf("%s%.1f", run == 0 ? "[" : ", ", first_answer_us(options.rest(), server, request));
    std::fflush(stdout);
  }
  std::puts("]");
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace bobbin::bench

int main(int argc, char** argv) { return bobbin::bench::run(argc, argv); }
