#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "observe/access_log.h"
#include "observe/message.h"
#include "observe/recent_messages.h"

namespace bobbin::observe {

struct LogSettings {
  std::string file;  ///< as parse_log_place reads it; empty: standard output
  LogLevel level = LogLevel::info;
  MessageFormat format = MessageFormat::text;
};

/// Through this one thread writes into the log: a bounded ring that the logger thread empties. A write never
/// blocks and never makes a system call unless the logger sleeps and must be woken; when the ring is full the
/// entry is dropped and counted, and the count is logged. Thread: only the one it was made for.
class LogWriter {
 public:
  /// A larger entry is dropped, however empty the ring is.
  static constexpr std::size_t kMostEntryBytes = 256 * 1024 - 16;

  virtual ~LogWriter() = default;
  [[nodiscard]] virtual bool wants(LogLevel level) const = 0;
  /// One line, as append_message makes it: no client writes a line of its own, and none makes one that is too
  /// large to be logged. Nothing when the level of the event is not wanted.
  virtual void write(Event event, std::string_view message) = 0;
  /// The same, about a connection or an exchange.
  virtual void write_about(const Origin&, Event event, std::string_view message) { write(event, message); }
  /// One exchange, whatever the level, in this format as far as the log has lines (see EntryFormat).
  virtual void write_exchange(AccessFormat format, const ExchangeRecord& record) = 0;
  /// One entry of several finished lines, each ending in '\n', written in one piece. Not filtered, not
  /// escaped.
  virtual void write_block(std::string_view lines) = 0;
  /// The name given to Log::writer.
  [[nodiscard]] virtual std::string_view name() const = 0;
};

/// The log: one thread that writes what the writers hand in, oldest first, never interleaving two entries.
class Log {
 public:
  /// Opens the file (append, created when missing) and starts the logger thread. SIGPIPE must be ignored
  /// (os::Signals).
  [[nodiscard]] static Result<std::unique_ptr<Log>> open(const LogSettings& settings);
  virtual ~Log() = default;
  /// A new writer for one thread; it lives as long as the Log. Thread: any.
  [[nodiscard]] virtual LogWriter& writer(std::string thread_name) = 0;
  /// Closes and opens the file again, for log rotation: entries before the call go to the old file. A file
  /// that cannot be opened leaves the old one in use and says so in it. Thread: any.
  virtual void reopen() = 0;
  /// Lines that were dropped, or that the file would not take, since the start. Thread: any.
  [[nodiscard]] virtual std::uint64_t lost_lines() const { return 0; }
  /// The last warnings and errors, the newest first. Thread: any.
  [[nodiscard]] virtual std::vector<RecentMessages::Message> recent_warnings() const { return {}; }
  /// Writes everything handed in before the call, then ends the thread. Later entries are lost, and so is
  /// what a reader of standard output who has stopped reading does not take within 2 s. A call on the file
  /// that does not return within 3 s is left behind, with its thread and what that still has to write.
  /// Thread: the one that opened it.
  virtual void stop() = 0;
};

}  // namespace bobbin::observe
