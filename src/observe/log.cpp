#include "observe/log.h"

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "observe/access_log.h"
#include "observe/doorbell.h"
#include "observe/log_output.h"
#include "observe/ring.h"
#include "os/process.h"

namespace bobbin::observe {
namespace {

constexpr std::size_t kRingBytes = 256 * 1024;
static_assert(LogWriter::kMostEntryBytes == kRingBytes - EntryRing::kHeaderBytes);
constexpr std::size_t kBatchBytes = 128 * 1024;
constexpr milliseconds kNap{50};
constexpr seconds kDropReportInterval{1};
constexpr seconds kStopPatience{2};

class RingWriter final : public LogWriter {
 public:
  RingWriter(std::string name, LogLevel level, Doorbell& doorbell)
      : name_(std::move(name)), level_(level), doorbell_(doorbell) {}

  [[nodiscard]] bool wants(LogLevel level) const override { return level <= level_; }
  [[nodiscard]] std::string_view name() const override { return name_; }

  void write(LogLevel level, std::string_view message) override {
    if (!wants(level)) return;
    line_.clear();
    append_line_start(line_, wall_now(), name_);
    append_escaped(line_, message);
    line_ += '\n';
    hand_in(line_);
  }

  void write_block(std::string_view lines) override { hand_in(lines); }

  /// For the reading side. Thread: the logger's.
  [[nodiscard]] EntryRing& ring() { return ring_; }
  [[nodiscard]] std::uint64_t dropped_lines() const { return dropped_lines_.load(); }

 private:
  void hand_in(std::string_view lines) {
    if (!ring_.push(monotonic_now(), lines)) {
      dropped_lines_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
    }
    doorbell_.ring(ring_.is_half_full());
  }

  const std::string name_;
  const LogLevel level_;
  Doorbell& doorbell_;
  std::string line_;  // keeps its capacity, so that a line costs no allocation
  EntryRing ring_{kRingBytes};
  std::atomic<std::uint64_t> dropped_lines_{0};
};

/// Thread: `writer` and `reopen` any; `start` and `stop` the owner's; the private functions the logger's.
class ThreadedLog final : public Log {
 public:
  ThreadedLog(const LogSettings& settings, os::LogFile file)
      : level_(settings.level), output_(settings.file, std::move(file)) {}
  ~ThreadedLog() override { stop(); }

  Result<void> start();
  [[nodiscard]] LogWriter& writer(std::string thread_name) override;
  void reopen() override;
  void stop() override;

 private:
  /// When each was asked for: entries handed in up to then belong to the time before it.
  struct Requests {
    std::optional<Instant> reopen;
    std::optional<Instant> stop;
  };

  void run();
  [[nodiscard]] Requests take_requests() EXCLUDES(mutex_);
  [[nodiscard]] bool drain(Instant until);
  void report_drops(bool at_once);
  void flush();
  void rest(bool briefly) EXCLUDES(mutex_);
  [[nodiscard]] std::uint64_t dropped_lines() const;

  const LogLevel level_;
  Doorbell doorbell_;
  Mutex mutex_;
  std::vector<std::unique_ptr<RingWriter>> writers_ GUARDED_BY(mutex_);
  Requests requests_ GUARDED_BY(mutex_);
  LogOutput output_;
  std::thread thread_;

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

Result<void> ThreadedLog::start() {
  // std::thread has no other way to tell than to throw.
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return failure(Error{error.code().value(), "pthread_create"});
  }
  return {};
}

LogWriter& ThreadedLog::writer(std::string thread_name) {
  auto writer = std::make_unique<RingWriter>(std::move(thread_name), level_, doorbell_);
  RingWriter& result = *writer;
  Lock lock(mutex_);
  writers_.push_back(std::move(writer));
  return result;
}

void ThreadedLog::reopen() {
  {
    Lock lock(mutex_);
    requests_.reopen = monotonic_now();
  }
  doorbell_.wake();
}

void ThreadedLog::stop() {
  if (!thread_.joinable()) return;
  const Instant now = monotonic_now();
  {
    Lock lock(mutex_);
    requests_.stop = now;
  }
  output_.give_up_at(now + kStopPatience);
  doorbell_.wake();
  thread_.join();
}

void ThreadedLog::run() {
  os::name_this_thread("logger");
  batch_.reserve(kBatchBytes + kRingBytes);
  while (true) {
    const Requests requests = take_requests();
    if (requests.reopen) {
      static_cast<void>(drain(*requests.reopen));
      flush();
      output_.reopen();
    }
    const bool found_entries = drain(requests.stop.value_or(monotonic_now()));
    report_drops(requests.stop.has_value());
    flush();
    if (requests.stop) return;
    rest(found_entries || dropped_reported_ != dropped_seen_);
  }
}

ThreadedLog::Requests ThreadedLog::take_requests() {
  Lock lock(mutex_);
  for (std::size_t i = known_writers_.size(); i < writers_.size(); ++i)
    known_writers_.push_back(writers_[i].get());
  return std::exchange(requests_, {});
}

/// Takes the entries handed in up to `until` out of all rings, oldest first. Because `until` has passed when
/// the rings are looked at, an entry that was in its ring before another thread stamped its own is found in
/// the same round, and goes first.
bool ThreadedLog::drain(Instant until) {
  fronts_.clear();
  for (RingWriter* writer : known_writers_) {
    const auto time = writer->ring().front_time();
    if (time && *time <= until) fronts_.push_back({*time, &writer->ring()});
  }
  const bool found_entries = !fronts_.empty();
  while (!fronts_.empty()) {
    // One ring's entries up to the front of the next ring go in one piece.
    const auto second = fronts_.begin() + std::min<std::ptrdiff_t>(1, std::ssize(fronts_) - 1);
    std::partial_sort(fronts_.begin(), second + 1, fronts_.end(),
                      [](const Front& a, const Front& b) { return a.time < b.time; });
    Front& oldest = fronts_.front();
    oldest.ring->pop_into(batch_, fronts_.size() > 1 ? second->time : until, kBatchBytes);
    if (batch_.size() >= kBatchBytes) flush();
    const auto time = oldest.ring->front_time();
    if (time && *time <= until) {
      oldest.time = *time;
    } else {
      fronts_.erase(fronts_.begin());
    }
  }
  return found_entries;
}

/// One line for a burst of drops, once it is over; while it lasts, one a second.
void ThreadedLog::report_drops(bool at_once) {
  const std::uint64_t dropped = dropped_lines();
  const bool still_dropping = dropped != std::exchange(dropped_seen_, dropped);
  const Instant now = monotonic_now();
  if (dropped == dropped_reported_) return;
  if (still_dropping && !at_once && now - drops_reported_at_ < kDropReportInterval) return;
  append_line_start(batch_, wall_now(), {});
  fmt::format_to(std::back_inserter(batch_), "Warning: {} log lines dropped\n", dropped - dropped_reported_);
  dropped_reported_ = dropped;
  drops_reported_at_ = now;
}

void ThreadedLog::flush() {
  if (batch_.empty()) return;
  output_.write(batch_);
  batch_.clear();
}

void ThreadedLog::rest(bool briefly) {
  const auto has_request = [this] {
    Lock lock(mutex_);
    return requests_.reopen || requests_.stop || writers_.size() != known_writers_.size();
  };
  const auto any_ring = [this](auto is) {
    return std::any_of(known_writers_.begin(), known_writers_.end(),
                       [&](RingWriter* writer) { return is(writer->ring()); });
  };
  if (briefly) {
    doorbell_.nap(kNap, [&] {
      return has_request() || any_ring([](const EntryRing& ring) { return ring.is_half_full(); });
    });
  } else {
    doorbell_.sleep([&] {
      return has_request() || dropped_lines() != dropped_reported_ ||
             any_ring([](const EntryRing& ring) { return !ring.is_empty(); });
    });
  }
}

std::uint64_t ThreadedLog::dropped_lines() const {
  std::uint64_t sum = 0;
  for (const RingWriter* writer : known_writers_) sum += writer->dropped_lines();
  return sum;
}

}  // namespace

Result<std::unique_ptr<Log>> Log::open(const LogSettings& settings) {
  auto file = settings.file.empty() ? os::LogFile::standard_output() : os::LogFile::open(settings.file);
  auto log = std::make_unique<ThreadedLog>(settings, TRY(std::move(file)));
  TRY(log->start());
  return log;
}

}  // namespace bobbin::observe
