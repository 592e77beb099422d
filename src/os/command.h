#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// The file that a shell would run for this word: itself when there is a '/' in it, otherwise the first of
/// its name that may be run in a directory of PATH. ENOENT: there is none; EACCES: it may not be run.
[[nodiscard]] Result<std::string> find_command(const std::string& word);

/// Another program that this one has started: posix_spawn(3). It goes on when the object is destroyed.
/// Thread: the one that has started it.
class Command {
 public:
  struct End {
    bool is_by_signal = false;
    int number = 0;  ///< of the signal, or the exit status
    friend bool operator==(const End&, const End&) = default;
  };

  /// Runs the file with this word and these arguments, without a shell. It reads `input` as its standard
  /// input, from where that stands; output, errors, directory and environment are those of this process. It
  /// is in a process group of its own, so that a terminal does not interrupt it together with this process,
  /// and begins with no signal blocked. `variables` ("NAME=VALUE" each) take the place of those of the same
  /// name in its environment. Fails where the file cannot be run.
  [[nodiscard]] static Result<Command> start(const std::string& file, const std::vector<std::string>& words,
                                             const Fd& input, const std::vector<std::string>& variables = {});
  Command(Command&& other) noexcept;
  Command& operator=(Command&&) = delete;
  ~Command() = default;

  /// Readable once it has ended. Empty where the system refuses such descriptors.
  [[nodiscard]] const Fd& fd() const { return fd_; }
  /// SIGTERM, to all of its group.
  void terminate() const;
  /// How it has ended; nothing: it has not yet. Does not wait. Not to be asked again once it has been told.
  [[nodiscard]] Result<std::optional<End>> end();

 private:
  Command(pid_t process, Fd fd) : process_(process), fd_(std::move(fd)) {}

  pid_t process_;  // 0: it has been waited for
  Fd fd_;          // pidfd_open(2)
};

}  // namespace bobbin::os
