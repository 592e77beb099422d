#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "http/handler.h"
#include "observe/log.h"
#include "uploads/document.h"

namespace bobbin::uploads {

/// Turns received documents into durable ones and answers for them. Two stages, without a timer:
///
///     submit ─► waiting ─► sync crew: write, sync ─► synced ─► publisher: link, sync directory, answer
///
/// The crew's threads sync side by side, since a file system folds concurrent syncs into one journal commit
/// where a loop would pay for each. The publisher takes everything that was synced during its previous
/// directory sync: one such sync for all of them, while the crew is busy with the next ones.
///
/// A document is answered 201 only when its own sync, its link and the directory sync behind that link have
/// succeeded. The first failed sync closes the committer: what has not been published by then is answered
/// 503. A sync is never repeated: the kernel may have dropped the data, and would then report success for
/// nothing.
///
/// Thread: any may submit; stop belongs to the one that made it. The store, the log and the replies' sinks
/// outlive it.
class Committer {
 public:
  struct Limits {
    std::size_t sync_threads = 16;
    std::size_t waiting_documents = 4096;            ///< beyond these, submit refuses
    std::size_t waiting_bytes = 64UL * 1024 * 1024;  ///< content held in memory meanwhile
    std::size_t synced_documents = 64;               ///< one descriptor each
  };

  /// `log`: a writer for the publisher's use only. `url_path`: see created().
  Committer(Store& store, std::string url_path, observe::LogWriter& log, Limits limits);
  ~Committer() { stop(); }
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  /// Takes a document that has been received in full. Pending: the answer comes through `reply`. A response:
  /// nothing was taken, and `reply` has been given up.
  [[nodiscard]] http::Reply submit(Document document, http::ReplyLater reply) EXCLUDES(mutex_);

  /// False after a failed sync, and after stop.
  [[nodiscard]] bool open() const EXCLUDES(mutex_);

  /// Commits and answers everything that was submitted, then ends the threads.
  void stop() EXCLUDES(mutex_);

 private:
  struct Failure {
    enum class Cause { storage, sync, closed } cause;
    Error error;
  };
  struct Upload {
    Document document;
    http::ReplyLater reply;
    std::string name = {};  ///< empty until published
    std::optional<Failure> failure = {};
  };

  void run_crew_member() EXCLUDES(mutex_);
  [[nodiscard]] std::optional<Upload> take_waiting() EXCLUDES(mutex_);
  void write_and_sync(Upload& upload) EXCLUDES(mutex_);
  void hand_on(Upload upload) EXCLUDES(mutex_);

  void run_publisher() EXCLUDES(mutex_);
  [[nodiscard]] std::vector<Upload> take_synced() EXCLUDES(mutex_);
  void commit(std::vector<Upload>& batch) EXCLUDES(mutex_);
  void publish(Upload& upload);
  void withdraw(std::vector<Upload>& batch, const Error& error);
  void answer(Upload& upload);
  [[nodiscard]] http::Response verdict(const Upload& upload);
  void log_failure(const Failure& failure);

  [[nodiscard]] bool failed() const EXCLUDES(mutex_);
  void close() EXCLUDES(mutex_);

  Store& store_;
  const std::string url_path_;
  const Limits limits_;
  observe::LogWriter& log_;      // the publisher's
  bool closing_logged_ = false;  // the publisher's

  mutable Mutex mutex_;
  ConditionVariable waiting_changed_;
  ConditionVariable synced_changed_;
  ConditionVariable synced_has_room_;
  std::deque<Upload> waiting_ GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;
  std::vector<Upload> synced_ GUARDED_BY(mutex_);
  bool failed_ GUARDED_BY(mutex_) = false;         // a sync has failed
  bool stopping_ GUARDED_BY(mutex_) = false;       // nothing more will be submitted
  bool crew_finished_ GUARDED_BY(mutex_) = false;  // nothing more will be synced

  std::vector<std::thread> crew_;  // last: the threads use everything above
  std::thread publisher_;
};

}  // namespace bobbin::uploads
