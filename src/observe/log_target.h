#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "observe/log_place.h"

namespace bobbin::observe {

/// What takes finished lines at the end of a log. Thread: the logger's.
class LogTarget {
 public:
  /// Opens the file, or connects to the socket.
  [[nodiscard]] static Result<std::unique_ptr<LogTarget>> open(const LogPlace& place);
  /// The same by the words of an option; EINVAL when they are none.
  [[nodiscard]] static Result<std::unique_ptr<LogTarget>> open(std::string_view place);

  /// Whether the words of an option can be opened, as far as that can be told without making a file: of one
  /// that is not there it is told by its directory.
  [[nodiscard]] static Result<void> check(std::string_view place);

  virtual ~LogTarget() = default;
  /// Returns how many bytes of `lines` were taken; 0 when there is no room now. A target that takes whole
  /// entries takes the first of them.
  [[nodiscard]] virtual Result<std::size_t> write_some(std::string_view lines) = 0;
  /// Waits until there is room, or an error to be told by the next write, but at most `limit`.
  virtual void wait_for_room(milliseconds limit) = 0;
  /// Opens or connects anew. On failure it goes on as before.
  [[nodiscard]] virtual Result<void> reopen() = 0;
};

}  // namespace bobbin::observe
