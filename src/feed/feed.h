#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/budget.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "executor/executor.h"
#include "feed/index.h"
#include "feed/pieces.h"
#include "feed/record_files.h"
#include "feed/waiting_readers.h"
#include "observe/log.h"
#include "store/record_watcher.h"

namespace bobbin::feed {

/// What readers of an inbox are shown: the records of its journal that a checkpoint has made durable, in
/// their order, as long as their files are there. It keeps where they are in memory, 40 bytes for each, and
/// reads them on the executor. What was there before it is looked for in the background. Thread: any.
class Feed final : public store::RecordWatcher, public std::enable_shared_from_this<Feed> {
 public:
  struct Limits {
    std::uint64_t memory_bytes = 64UL * 1024 * 1024;  ///< for what all readers are being given
    std::size_t piece_bytes = 16UL * 1024;            ///< of small records in one piece
  };

  /// `directory`: that of an inbox, with its folders. `device`: on which it lies. `name`: of the inbox, for
  /// the log. `executor` and `log` outlive the feed.
  [[nodiscard]] static Result<std::shared_ptr<Feed>> open(const std::string& directory, std::uint64_t device,
                                                          std::string name, executor::Executor& executor,
                                                          observe::LogWriter& log, Limits limits);
  [[nodiscard]] static Result<std::shared_ptr<Feed>> open(const std::string& directory, std::uint64_t device,
                                                          std::string name, executor::Executor& executor,
                                                          observe::LogWriter& log) {
    return open(directory, device, std::move(name), executor, log, Limits());
  }
  Feed(std::unique_ptr<RecordFiles> files, std::uint64_t device, std::string name,
       executor::Executor& executor, observe::LogWriter& log, Limits limits);

  // store::RecordWatcher
  void begin(std::string_view epoch, std::uint64_t named, std::uint64_t checkpointed) override
      EXCLUDES(mutex_);
  void named(std::uint64_t sequence, std::string_view name, std::uint64_t file_bytes) override
      EXCLUDES(mutex_);
  void checkpointed(std::uint64_t through) override EXCLUDES(mutex_);

  /// Whether it is known which records are there. Nothing may be asked below before.
  [[nodiscard]] bool is_ready() const { return is_ready_; }
  /// Of the last record that is shown, or was before its file was taken away.
  [[nodiscard]] std::uint64_t last_sequence() EXCLUDES(mutex_);
  [[nodiscard]] Index::Range range(std::uint64_t after, std::size_t most_records, std::uint64_t most_bytes)
      EXCLUDES(mutex_);

  /// How making a piece has ended.
  struct Outcome {
    std::shared_ptr<const Piece> piece;  ///< null: there is no memory for it now, or it has failed
    std::string failure = {};            ///< why a file cannot be read now; for the operator
  };
  /// The next records in a piece: one at least, or none where all of their files are gone. Waits for the
  /// disk.
  [[nodiscard]] Outcome make_piece(const PieceKey& key) EXCLUDES(mutex_);
  /// The tasks of readers, which call it.
  [[nodiscard]] executor::Lane& reading() { return reading_; }

  /// Has a reader wait for a record behind `after`: it goes on when there is one, at `due`, or when readers
  /// are ended. Nothing: it need not wait.
  [[nodiscard]] std::optional<WaitingReaders::Place> wait(std::uint64_t after, Instant due,
                                                          WaitingReaders::GoOn go_on) EXCLUDES(mutex_);
  /// The same for a short while, whatever there is.
  void wait_for_memory(WaitingReaders::GoOn go_on) EXCLUDES(mutex_);
  /// A reader waits no more.
  void leave(const WaitingReaders::Place& place) EXCLUDES(mutex_);
  [[nodiscard]] std::size_t waiting_readers() EXCLUDES(mutex_);

  /// Changes when readers are ended: a reader of an earlier term ends.
  [[nodiscard]] std::uint64_t term() const { return term_; }
  /// Has all readers go on who wait, so that each ends.
  void end_readers() EXCLUDES(mutex_);
  /// The same; nobody waits any more from now on.
  void stop() EXCLUDES(mutex_);

  /// Must be called once a second.
  void tick(Instant now) EXCLUDES(mutex_);

 private:
  struct Scan;

  void run_scan(const std::shared_ptr<Scan>& scan) EXCLUDES(mutex_);
  void try_again_later(const std::shared_ptr<Scan>& scan, const Error& error) EXCLUDES(mutex_);
  [[nodiscard]] Result<bool> scan_step(Scan& scan) EXCLUDES(mutex_);
  void end_scan(Scan& scan) EXCLUDES(mutex_);
  void begin_sweep() EXCLUDES(mutex_);
  struct Sweep;
  void run_sweep(const std::shared_ptr<Sweep>& sweep);
  [[nodiscard]] bool sweep_step(Sweep& sweep) EXCLUDES(mutex_);

  /// Has those who wait for records go on, by a task. Without a thread, tick() tries again.
  void begin_to_wake() EXCLUDES(mutex_);
  void let_go_on(WaitingReaders::Readers readers);
  [[nodiscard]] std::optional<IndexEntry> next(std::uint64_t after, std::uint64_t through) EXCLUDES(mutex_);
  /// Appends a record. False: its file is gone, or not whole, and is never shown any more.
  [[nodiscard]] Result<bool> append(std::string& text, const IndexEntry& entry, const PieceKey& key,
                                    bool is_first) EXCLUDES(mutex_);
  void forget(const IndexEntry& entry) EXCLUDES(mutex_);

  const std::unique_ptr<RecordFiles> files_;
  const std::string name_;
  observe::LogWriter& log_;
  const Limits limits_;
  executor::Lane& reading_;
  executor::Lane& scanning_;
  Budget memory_;
  Pieces pieces_;
  std::atomic<bool> is_ready_ = false;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> wakes_ = false;            // a task is to let readers go on
  std::atomic<bool> is_late_to_wake_ = false;  // and there was no thread for it
  std::atomic<std::uint64_t> term_ = 1;

  Mutex mutex_;
  Index index_ GUARDED_BY(mutex_);
  WaitingReaders waiting_ GUARDED_BY(mutex_);
  std::shared_ptr<Scan> late_scan_ GUARDED_BY(mutex_);  // which is to be tried again
  std::size_t next_sweep_ GUARDED_BY(mutex_) = 0;       // how many records there are then
  bool is_sweeping_ GUARDED_BY(mutex_) = false;
};

}  // namespace bobbin::feed
