#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// Where log lines go: a file that grows at its end, or standard output, which may be a pipe, a socket or a
/// terminal whose reader has stopped reading. A write takes what fits now and does not wait. SIGPIPE must be
/// ignored (os::Signals does).
class LogFile {
 public:
  /// Created when missing, readable by owner and group. A FIFO without a reader is ENXIO: waiting for one
  /// could take forever.
  [[nodiscard]] static Result<LogFile> open(const std::string& path);
  /// A process that was started with standard output closed gets a file that swallows everything.
  [[nodiscard]] static Result<LogFile> standard_output();

  /// Returns how many bytes were taken; 0 when there is no room now.
  [[nodiscard]] Result<std::size_t> write_some(std::string_view text);
  /// Waits until there is room, or an error to be told by the next write, but at most `limit`.
  void wait_for_room(milliseconds limit);

 private:
  enum class Kind : std::uint8_t { non_blocking, socket, blocking };

  LogFile(Fd fd, Kind kind) : fd_(std::move(fd)), kind_(kind) {}
  [[nodiscard]] bool has_room(milliseconds limit) const;

  Fd fd_;
  Kind kind_;
};

}  // namespace bobbin::os
