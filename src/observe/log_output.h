#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "observe/entry_format.h"
#include "observe/log_target.h"

namespace bobbin::observe {

/// The file at the end of the log. A write that fails costs its lines, never the server: they are counted,
/// the next write is tried all the same, and the first that succeeds is preceded by a line with the count.
/// Thread: the logger's, except give_up_at.
class LogOutput {
 public:
  /// `format`: of lines of its own; outlives it.
  LogOutput(std::unique_ptr<LogTarget> target, const EntryFormat& format)
      : target_(std::move(target)), format_(format) {}

  /// Writes finished lines. Waits for a reader that has stopped reading, until the moment given to
  /// give_up_at.
  void write(std::string_view lines);
  /// Opens the path anew. On failure the old file stays in use, and is told so.
  void reopen();
  /// From `deadline` on nobody waits any more. Thread: any.
  void give_up_at(Instant deadline) { deadline_.store(deadline); }
  /// How many lines the file would not take. Thread: any.
  [[nodiscard]] std::uint64_t lost_lines() const { return all_lost_lines_; }

 private:
  [[nodiscard]] std::string_view send(std::string_view text);
  void lose(std::uint64_t lines);
  [[nodiscard]] bool wait_for_room();
  [[nodiscard]] std::string loss_report() const;
  [[nodiscard]] std::string warning(Event event, std::string_view text) const;

  const std::unique_ptr<LogTarget> target_;
  const EntryFormat& format_;
  std::atomic<Instant> deadline_{kNever};
  std::uint64_t lost_lines_ = 0;  // since the last report
  std::atomic<std::uint64_t> all_lost_lines_ = 0;
  Error last_error_;
  bool is_inside_line_ = false;  // the last write that failed had written part of a line
};

}  // namespace bobbin::observe
