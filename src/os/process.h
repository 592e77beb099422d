#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// Signals as events on a descriptor (signalfd(2)). Made before any thread is, so that all threads inherit
/// the mask.
class Signals {
 public:
  /// Blocks `numbers` for this thread and those it will start; not SIGHUP where it is ignored (nohup).
  /// SIGPIPE and SIGXFSZ are ignored besides: a write tells its error.
  [[nodiscard]] static Result<Signals> block(std::initializer_list<int> numbers);
  /// The next signal that has arrived, if any.
  [[nodiscard]] std::optional<int> next();
  [[nodiscard]] const Fd& fd() const { return fd_; }

 private:
  explicit Signals(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

/// From now on a write to a pipe that nobody reads tells its error, EPIPE, and does not end the process.
void ignore_broken_pipes();

/// Whether the process was started from a terminal that can still hang up: standard input is one, or there is
/// a controlling one.
[[nodiscard]] bool has_terminal();

/// Raises the soft limit of open descriptors to the hard one and returns it.
[[nodiscard]] Result<std::uint64_t> raise_descriptor_limit();

/// How many descriptors are open now. Linux only: /proc/self/fd.
[[nodiscard]] std::uint64_t open_descriptors();

/// What this process has taken so far, and holds now.
struct ProcessFigures {
  double cpu_seconds = 0;  ///< of all threads, for itself and in the system
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t descriptor_limit = 0;
};
/// Linux only: from /proc/self. What cannot be read is 0.
[[nodiscard]] ProcessFigures process_figures();

/// Removes a variable from the environment of this process, and its value from the memory that held it.
/// Thread: none may look at the environment meanwhile.
void forget_variable(const char* name);

/// The number of this process.
[[nodiscard]] long process_number();
/// Sends a signal. ESRCH: there is no such process.
[[nodiscard]] Result<void> signal_process(long process, int number);
[[nodiscard]] bool process_lives(long process);
/// Of this machine, as gethostname(2) says it; "-" when that fails.
[[nodiscard]] std::string host_name();

/// Names the calling thread for debuggers and top, at most 15 characters.
void name_this_thread(const char* name);

/// Gives the system what the allocator has free: it keeps what many clients needed at once. Takes a few
/// milliseconds when there is much, during which other threads may have to wait for memory.
void give_back_free_memory();

/// From now on the calling thread, when woken, lets the one that runs on its CPU go on first (SCHED_BATCH),
/// so that what it is woken for gathers. An idle CPU still takes it at once. Threads it starts inherit this.
/// Where it is not allowed, nothing changes.
void let_running_threads_go_first();

/// The opposite, for a thread that was started by one of those: it takes its turns as threads usually do.
void take_ordinary_turns();

}  // namespace bobbin::os
