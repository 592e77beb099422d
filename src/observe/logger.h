#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "observe/doorbell.h"
#include "observe/entry_format.h"
#include "observe/log.h"
#include "observe/log_output.h"
#include "observe/ring.h"

namespace bobbin::observe {

/// A writer and the ring behind it. Thread: the writer's, except where it says otherwise.
class RingWriter final : public LogWriter {
 public:
  RingWriter(std::string name, LogLevel level, const EntryFormat& format, Doorbell& doorbell,
             RecentMessages& warnings)
      : name_(std::move(name)), level_(level), format_(format), doorbell_(doorbell), warnings_(warnings) {}

  [[nodiscard]] bool wants(LogLevel level) const override { return level <= level_; }
  [[nodiscard]] std::string_view name() const override { return name_; }
  void write(Event event, std::string_view message) override { write(nullptr, event, message); }
  void write_about(const Origin& origin, Event event, std::string_view message) override {
    write(&origin, event, message);
  }
  void write_exchange(AccessFormat format, const ExchangeRecord& record) override;
  void write_block(std::string_view lines) override { hand_in(lines); }

  /// For the reading side. Thread: the logger's.
  [[nodiscard]] EntryRing& ring() { return ring_; }
  /// Thread: any.
  [[nodiscard]] std::uint64_t dropped_lines() const { return dropped_lines_.load(); }

  static constexpr std::size_t kRingBytes = kMostEntryBytes + EntryRing::kHeaderBytes;

 private:
  void write(const Origin* origin, Event event, std::string_view message);
  void hand_in(std::string_view lines);

  const std::string name_;
  const LogLevel level_;
  const EntryFormat& format_;
  Doorbell& doorbell_;
  RecentMessages& warnings_;
  std::string line_;  // keeps its capacity, so that a line costs no allocation
  EntryRing ring_{kRingBytes};
  std::atomic<std::uint64_t> dropped_lines_{0};
};

/// Empties the rings into the file: what the log's thread runs, and the memory that it needs. Thread: `run`
/// and the private functions the log's own; the others any.
class Logger {
 public:
  Logger(LogLevel level, EntryFormat format, std::unique_ptr<LogTarget> target)
      : level_(level), format_(std::move(format)), output_(std::move(target), format_) {}

  [[nodiscard]] LogWriter& writer(std::string thread_name) EXCLUDES(mutex_);
  void reopen() EXCLUDES(mutex_);
  /// Ends when it has been asked to stop.
  void run();
  /// Whether `run` has ended after this request; false when it hangs in the file for longer than the time it
  /// is given.
  [[nodiscard]] bool stop() EXCLUDES(mutex_);
  [[nodiscard]] std::uint64_t lost_lines() const EXCLUDES(mutex_);
  [[nodiscard]] std::vector<RecentMessages::Message> recent_warnings() const { return warnings_.messages(); }

 private:
  /// When each was asked for: entries handed in up to then belong to the time before it.
  struct Requests {
    std::optional<Instant> reopen;
    std::optional<Instant> stop;
  };

  void write_until_stopped();
  [[nodiscard]] Requests take_requests() EXCLUDES(mutex_);
  [[nodiscard]] bool drain(Instant until);
  void report_drops(bool at_once);
  void flush();
  void rest(bool briefly) EXCLUDES(mutex_);
  [[nodiscard]] std::uint64_t dropped_lines() const;

  const LogLevel level_;
  const EntryFormat format_;
  Doorbell doorbell_;
  RecentMessages warnings_;
  mutable Mutex mutex_;
  ConditionVariable ended_changed_;
  std::vector<std::unique_ptr<RingWriter>> writers_ GUARDED_BY(mutex_);
  Requests requests_ GUARDED_BY(mutex_);
  bool ended_ GUARDED_BY(mutex_) = false;
  LogOutput output_;

  // The logger thread's own:
  std::vector<RingWriter*> known_writers_;
  struct Front {
    Instant time;
    EntryRing* ring;
  };
  std::vector<Front> fronts_;
  std::string batch_;
  std::uint64_t dropped_seen_ = 0;
  std::uint64_t dropped_reported_ = 0;
  Instant drops_reported_at_{};
};

}  // namespace bobbin::observe
