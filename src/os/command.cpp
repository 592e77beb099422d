#include "os/command.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <spawn.h>
#include <string_view>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "os/call.h"
#include "os/directory.h"
#include "os/file.h"

namespace bobbin::os {
namespace {

/// What posix_spawn is told. Its functions fail for lack of memory alone, and never on Linux.
class SpawnSettings {
 public:
  explicit SpawnSettings(const Fd& input) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, input.number(), STDIN_FILENO);
    ::posix_spawnattr_init(&attributes_);
    sigset_t set;
    sigemptyset(&set);
    ::posix_spawnattr_setsigmask(&attributes_, &set);
    for (const int number : {SIGPIPE, SIGXFSZ, SIGCHLD}) sigaddset(&set, number);
    ::posix_spawnattr_setsigdefault(&attributes_, &set);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setflags(&attributes_,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

/// Ends with a null pointer, as execve(2) wants it. The texts must outlive it.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// That of this process, with these variables in the place of those of the same name.
std::vector<std::string> environment_with(const std::vector<std::string>& variables) {
  std::vector<std::string> result = variables;
  const auto is_replaced = [&](std::string_view one) {
    const std::string_view name = one.substr(0, one.find('=') + 1);
    return std::ranges::any_of(variables, [&](const std::string& other) { return other.starts_with(name); });
  };
  for (char** one = environ; one != nullptr && *one != nullptr; ++one)
    if (!is_replaced(*one)) result.emplace_back(*one);
  return result;
}

Result<void> may_run(const std::string& file) {
  if (::faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) != 0) return last_error("faccessat");
  const auto directory = open_directory(file);
  if (directory) return failure(Error{EACCES, "it is a directory"});
  return {};
}

}  // namespace

Result<std::string> find_command(const std::string& word) {
  if (word.find('/') != std::string::npos) {
    TRY(may_run(word));
    return word;
  }
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/bin:/bin";
  Error error{ENOENT, "faccessat"};
  while (!word.empty()) {
    const std::size_t colon = rest.find(':');
    const std::string directory(rest.substr(0, colon));
    std::string file = (directory.empty() ? "." : directory) + "/" + word;
    const auto allowed = may_run(file);
    if (allowed) return file;
    if (allowed.error().code == EACCES) error = allowed.error();
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  return failure(error);
}

Result<Command> Command::start(const std::string& file, const std::vector<std::string>& words,
                               const Fd& input, const std::vector<std::string>& variables) {
  // A process that ignores SIGCHLD does not learn how its children end.
  std::signal(SIGCHLD, SIG_DFL);
  std::vector<std::string> texts = words;
  std::vector<std::string> environment = environment_with(variables);
  const SpawnSettings settings(input);
  pid_t process = 0;
  const int code = ::posix_spawn(&process, file.c_str(), settings.actions(), settings.attributes(),
                                 pointers_to(texts).data(), pointers_to(environment).data());
  if (code != 0) return failure(Error{code, "posix_spawn"});
  return Command(process, Fd(static_cast<int>(::syscall(SYS_pidfd_open, process, 0))));
}

Command::Command(Command&& other) noexcept
    : process_(std::exchange(other.process_, 0)), fd_(std::move(other.fd_)) {}

void Command::terminate() const {
  if (process_ != 0) ::kill(-process_, SIGTERM);
}

Result<std::optional<Command::End>> Command::end() {
  int status = 0;
  const pid_t waited = uninterrupted([&] { return ::waitpid(process_, &status, WNOHANG); });
  if (waited < 0) return last_error("waitpid");
  if (waited == 0) return std::nullopt;
  process_ = 0;
  if (WIFEXITED(status)) return End{.is_by_signal = false, .number = WEXITSTATUS(status)};
  return End{.is_by_signal = true, .number = WTERMSIG(status)};
}

}  // namespace bobbin::os
