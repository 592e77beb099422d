#include "os/launcher.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/call.h"

namespace bobbin::os {
namespace {

constexpr int kLaunched = 3;  // the number of the descriptor in a started program
constexpr milliseconds kForever{-1};
constexpr milliseconds kLaunchPatience{10'000};
constexpr std::string_view kLaunch = "launch";
constexpr std::string_view kEnd = "end";

/// What this process was started with, and what makes a started one like it.
struct Origin {
  std::vector<std::string> command;
  sigset_t signals;  // that were blocked
};

/// Becomes the program, with `socket` as descriptor kLaunched. Returns only when that fails, with errno set.
void become_program(const Origin& origin, const Fd& socket) {
  // The number may be taken by what tells of a failure.
  const int copy = ::fcntl(socket.number(), F_DUPFD_CLOEXEC, kLaunched + 1);
  if (copy < 0 || ::dup2(copy, kLaunched) < 0) return;
  if (::setenv(Launcher::kVariable, std::to_string(kLaunched).c_str(), 1) != 0) return;
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  std::vector<char*> arguments;
  arguments.reserve(origin.command.size() + 1);
  for (const std::string& each : origin.command) arguments.push_back(const_cast<char*>(each.c_str()));
  arguments.push_back(nullptr);
  ::sigprocmask(SIG_SETMASK, &origin.signals, nullptr);
  ::execvp(arguments.front(), arguments.data());
}

/// In a child of the launcher. What fails is written to `report`.
[[noreturn]] void start_program(const Origin& origin, const Fd& socket, int report) {
  // Out of the way of kLaunched.
  const int out = ::fcntl(report, F_DUPFD_CLOEXEC, kLaunched + 1);
  become_program(origin, socket);
  const int code = errno;
  if (::write(out, &code, sizeof code) != sizeof code) ::_exit(1);
  ::_exit(0);
}

struct Started {
  pid_t process = 0;
  int failure = 0;  ///< errno; 0: there is none
};

/// Starts the program with this end of a socket.
Started launch_program(const Origin& origin, const Fd& socket) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {.failure = errno};
  const Fd in(ends[0]);
  Fd out(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return {.failure = errno};
  if (child == 0) start_program(origin, socket, out.number());
  out.close();
  // The end of the pipe: execvp has closed the last descriptor that writes to it.
  int code = 0;
  const auto got = uninterrupted([&] { return ::read(in.number(), &code, sizeof code); });
  return {.process = child, .failure = got == sizeof code ? code : 0};
}

/// It is a child until it has been waited for, so its number is that of no other process.
void end_program(pid_t& process) {
  if (process == 0) return;
  ::kill(process, SIGKILL);
  static_cast<void>(uninterrupted([&] { return ::waitpid(process, nullptr, 0); }));
  process = 0;
}

/// The life of the launcher: a program for each kLaunch, until the server has ended.
[[noreturn]] void serve_launches(const Origin& origin, const MessageSocket& server) {
  ::prctl(PR_SET_NAME, "bobbin-launcher");
  pid_t program = 0;  // the last one
  while (true) {
    const auto request = server.receive(kForever);
    if (!request || !*request) ::_exit(0);
    end_program(program);
    if ((*request)->text != kLaunch) continue;
    auto sockets = MessageSocket::pair();
    const Started started =
        sockets ? launch_program(origin, sockets->second.fd()) : Started{.failure = sockets.error().code};
    program = started.process;
    const int ours = sockets ? sockets->first.fd().number() : -1;
    const auto told = started.failure == 0 ? server.send("0", std::array{ours})
                                           : server.send(std::to_string(started.failure));
    if (!told) ::_exit(0);
  }
}

}  // namespace

Result<Launcher> Launcher::start(std::vector<std::string> command) {
  Origin origin{.command = std::move(command), .signals = {}};
  auto [here, there] = TRY(MessageSocket::pair());
  // Whoever ends the server by a signal to its group, as a terminal does, does not end this one first.
  sigset_t all;
  ::sigfillset(&all);
  if (::sigprocmask(SIG_SETMASK, &all, &origin.signals) != 0) return last_error("sigprocmask");
  const pid_t process = ::fork();
  if (process == 0) {
    here.close();
    const int kept = ::fcntl(there.fd().number(), F_DUPFD_CLOEXEC, kLaunched + 1);
    const MessageSocket socket((Fd(kept)));
    if (kept > kLaunched + 1) ::close_range(kLaunched + 1, static_cast<unsigned>(kept) - 1, 0);
    ::close(kLaunched);
    ::close_range(static_cast<unsigned>(kept) + 1, ~0U, 0);
    serve_launches(origin, socket);
  }
  const int code = errno;
  ::sigprocmask(SIG_SETMASK, &origin.signals, nullptr);
  if (process < 0) return failure(Error{code, "fork"});
  return Launcher(std::move(here));
}

Result<MessageSocket> Launcher::launch() const {
  TRY(socket_.send(kLaunch));
  auto answer = TRY(socket_.receive(kLaunchPatience));
  if (!answer) return failure(Error{ESRCH, "launcher"});
  if (answer->descriptors.empty()) {
    int code = 0;
    const std::string& text = answer->text;
    std::from_chars(text.data(), text.data() + text.size(), code);
    return failure(Error{code, "execvp"});
  }
  return MessageSocket(std::move(answer->descriptors.front()));
}

void Launcher::end() const { static_cast<void>(socket_.send(kEnd)); }

std::optional<MessageSocket> take_launcher_socket() {
  const char* number = std::getenv(Launcher::kVariable);
  if (number == nullptr) return std::nullopt;
  const bool is_ours = std::string_view(number) == std::to_string(kLaunched);
  ::unsetenv(Launcher::kVariable);
  if (!is_ours || ::fcntl(kLaunched, F_SETFD, FD_CLOEXEC) != 0) return std::nullopt;
  return MessageSocket(Fd(kLaunched));
}

}  // namespace bobbin::os
