#include "os/process.h"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "os/call.h"
#include "os/directory.h"
#include "os/file.h"

namespace bobbin::os {

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

Result<Signals> Signals::block(std::initializer_list<int> numbers) {
  ignore_broken_pipes();
  std::signal(SIGXFSZ, SIG_IGN);
  sigset_t set;
  sigemptyset(&set);
  for (const int number : numbers) sigaddset(&set, number);
  // A signalfd would report a blocked SIGHUP although nohup has had it ignored. (SIGINT is taken even when it
  // is ignored: shells ignore it for every background job, and a SIGINT that kill(1) sends is meant.)
  struct sigaction hang_up;
  if (::sigaction(SIGHUP, nullptr, &hang_up) == 0 && hang_up.sa_handler == SIG_IGN) sigdelset(&set, SIGHUP);
  if (const int code = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); code != 0)
    return failure(Error{code, "pthread_sigmask"});
  const int fd = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) return last_error("signalfd");
  return Signals(Fd(fd));
}

std::optional<int> Signals::next() {
  signalfd_siginfo info;
  const auto count = uninterrupted([&] { return ::read(fd_.number(), &info, sizeof info); });
  if (count != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

bool has_terminal() {
  if (::isatty(STDIN_FILENO) == 1) return true;
  return static_cast<bool>(Fd(::open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY)));
}

Result<std::uint64_t> raise_descriptor_limit() {
  rlimit limit;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return last_error("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return last_error("setrlimit");
  return static_cast<std::uint64_t>(limit.rlim_cur);
}

std::uint64_t open_descriptors() {
  const auto directory = open_directory("/proc/self/fd");
  if (!directory) return 0;
  const auto names = list(*directory);
  return names ? names->size() - 2 : 0;  // without the two that looking costs
}

ProcessFigures process_figures() {
  ProcessFigures figures;
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) == 0)
    for (const timeval& time : {usage.ru_utime, usage.ru_stime})
      figures.cpu_seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  if (const auto text = read_file("/proc/self/statm")) {
    std::istringstream words(*text);
    std::uint64_t all = 0, resident = 0;
    words >> all >> resident;
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    figures.virtual_bytes = all * page;
    figures.resident_bytes = resident * page;
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.descriptor_limit = limit.rlim_cur;
  figures.open_descriptors = open_descriptors();
  const auto tasks = open_directory("/proc/self/task");
  if (const auto names = tasks ? list(*tasks) : failure(tasks.error())) figures.threads = names->size();
  return figures;
}

long process_number() { return ::getpid(); }

Result<void> signal_process(long process, int number) {
  if (::kill(static_cast<pid_t>(process), number) != 0) return last_error("kill");
  return {};
}

bool process_lives(long process) { return ::kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM; }

void forget_variable(const char* name) {
  char* const value = ::getenv(name);  // NOLINT(concurrency-mt-unsafe): see the comment of this function
  if (value == nullptr) return;
  ::explicit_bzero(value, std::strlen(value));
  ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
}

std::string host_name() {
  char name[HOST_NAME_MAX + 1] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "-";
}

void name_this_thread(const char* name) { ::pthread_setname_np(::pthread_self(), name); }

void give_back_free_memory() { static_cast<void>(::malloc_trim(0)); }

void let_running_threads_go_first() {
  const sched_param parameters{};
  static_cast<void>(::sched_setscheduler(0, SCHED_BATCH, &parameters));
}

void take_ordinary_turns() {
  const sched_param parameters{};
  if (::sched_getscheduler(0) == SCHED_BATCH)
    static_cast<void>(::sched_setscheduler(0, SCHED_OTHER, &parameters));
}

}  // namespace bobbin::os
