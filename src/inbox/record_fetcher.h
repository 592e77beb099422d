#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "inbox/pull_obstacle.h"
#include "inbox/record_file.h"
#include "inbox/record_intake.h"
#include "object_store/objects.h"

namespace bobbin::inbox {

/// What an object of a bucket holds for a consumer.
struct FetchedRecord {
  std::unique_ptr<store::StagedFile> file;  ///< null: it is a tombstone (object_store/stream.h)
  RecordFile records = {};                  ///< what stands in the file
};

/// Fetches records of a bucket before they are asked for, several at once, checks them, and has their content
/// on stable storage. Nothing is fetched behind one that could not be; and after that one at a time, until
/// one could be, so that a store in trouble is asked no more often than it would be without this. Thread: one
/// at a time; it has threads of its own.
class RecordFetcher {
 public:
  /// Gives an object. Nothing: there is none. Each is called by one thread at a time, and gives up soon once
  /// give_up() was called.
  using Read =
      std::function<Result<std::optional<std::string>, object_store::Trouble>(const std::string& key)>;

  /// One thread for each of `readers`, of which there is one at least. `is_told`: whether this process is to
  /// end; asked by whoever calls take(). `give_up` is called when it is, and at the end of this object. The
  /// intake outlives this object.
  RecordFetcher(std::vector<Read> readers, const RecordIntake& intake, std::function<bool()> is_told,
                std::function<void()> give_up);
  ~RecordFetcher();
  RecordFetcher(const RecordFetcher&) = delete;
  RecordFetcher& operator=(const RecordFetcher&) = delete;

  /// These will be taken, in this order, and nothing else of what was expected before.
  void expect(const std::vector<std::string>& keys) EXCLUDES(mutex_);
  /// What the object of this key holds; waits for it. Those that were expected before it are dropped, and
  /// after a failure all are.
  [[nodiscard]] Result<FetchedRecord, Obstacle> take(const std::string& key) EXCLUDES(mutex_);

 private:
  struct Job {
    std::string key;
    bool is_begun = false;
    std::optional<Result<FetchedRecord, Obstacle>> result;  // none: it is not done
  };

  void work(const Read& read) EXCLUDES(mutex_);
  /// The next that is to be fetched; null: none is for now.
  [[nodiscard]] std::shared_ptr<Job> next() REQUIRES(mutex_);
  [[nodiscard]] Result<FetchedRecord, Obstacle> fetch(const Read& read, const std::string& key) const;

  const RecordIntake& intake_;
  const std::function<bool()> is_told_;
  const std::function<void()> give_up_;
  const std::size_t ahead_;  // so many are fetched, or have been, before they are taken
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::shared_ptr<Job>> jobs_ GUARDED_BY(mutex_);  // in the order in which they are taken
  bool is_careful_ GUARDED_BY(mutex_) = false;                // the last that was taken has failed
  bool is_over_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;  // grows while the first of them runs, so none of them looks at it
};

}  // namespace bobbin::inbox
