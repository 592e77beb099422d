#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "http/handler.h"
#include "observe/log.h"
#include "uploads/document.h"
#include "uploads/document_name.h"

namespace bobbin::uploads {

/// Turns received documents into durable ones and answers for them. Two stages, without a timer:
///
///     submit ─► waiting ─► syncing: write, sync ─► synced ─► publishing: link, sync directory, answer
///
/// One crew of threads does both. Its members sync side by side, since a file system folds concurrent syncs
/// into one journal commit where a loop would pay for each. One member at a time publishes, and takes
/// everything that was synced during the previous directory sync: one such sync for all of them, while the
/// others are busy with the next ones.
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
    std::size_t sync_threads = 16;                   ///< at most; one more publishes meanwhile
    std::size_t waiting_documents = 4096;            ///< beyond these, submit refuses
    std::size_t waiting_bytes = 64UL * 1024 * 1024;  ///< content held in memory meanwhile
    std::size_t synced_documents = 64;               ///< one descriptor each; and those that are being synced
  };

  /// `log`: a writer for the committer's use only. `url_path`: see created(). A thread is made when there is
  /// work that no other can do at the time; when none can be made at all, submit refuses.
  Committer(Store& store, std::string url_path, observe::LogWriter& log, Limits limits);
  ~Committer() { stop(); }
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  /// Takes a document that has been received in full. Pending: the answer comes through `reply`. A response:
  /// nothing was taken, and `reply` has been given up.
  [[nodiscard]] http::Reply submit(Document document, http::ReplyLater reply) EXCLUDES(mutex_);

  /// False after a failed sync, and after stop.
  [[nodiscard]] bool open() const { return !failed_ && !stopping_; }

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
  using Uploads = std::vector<Upload>;

  enum class Task : std::uint8_t { none, sync, publish, end };
  struct Member {
    std::thread thread;
    ConditionVariable call;  ///< its own: no other member can take a call that was meant for this one
    bool is_called = true;   ///< on its way to look for a task; under mutex_
  };

  void run_member(Member& self) EXCLUDES(mutex_);
  /// Puts down the uploads in `hand`, to which `done` has been done, and waits for the next task, whose
  /// uploads are then in the hand.
  [[nodiscard]] Task next_task(Member& self, Task done, Uploads& hand) EXCLUDES(mutex_);
  void put_down(Task done, Uploads& hand) REQUIRES(mutex_);
  [[nodiscard]] Task pick_up(Uploads& hand) REQUIRES(mutex_);
  void rest(Member& self) REQUIRES(mutex_);
  /// When there is a task that nobody has taken up, and nobody is coming: gets a member to come. The one that
  /// the caller must notify, if any.
  [[nodiscard]] Member* call_member() REQUIRES(mutex_);
  /// Adds one member to the crew, unless the system has no more threads.
  void hire() REQUIRES(mutex_);
  [[nodiscard]] bool can_sync() const REQUIRES(mutex_);
  [[nodiscard]] bool can_publish() const REQUIRES(mutex_);
  [[nodiscard]] bool is_finished() const REQUIRES(mutex_);

  void write_and_sync(Upload& upload);
  void commit(Uploads& batch);
  void publish(Upload& upload);
  void withdraw(Uploads& batch, const Error& error);
  void answer(Upload& upload);
  [[nodiscard]] http::Response verdict(Upload& upload);
  void log_failure(const Failure& failure);

  Store& store_;
  const std::string url_path_;
  const Limits limits_;
  observe::LogWriter& log_;      // the publisher's
  bool closing_logged_ = false;  // the publisher's
  DocumentNames names_;          // the publisher's

  std::atomic<bool> failed_ = false;    // a sync has failed
  std::atomic<bool> stopping_ = false;  // nothing more will be submitted; set under mutex_

  Mutex mutex_;
  std::deque<Upload> waiting_ GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;
  std::size_t syncing_ GUARDED_BY(mutex_) = 0;  // documents, and members: one each
  Uploads synced_ GUARDED_BY(mutex_);
  bool is_publishing_ GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<Member>> crew_ GUARDED_BY(mutex_);
  std::vector<Member*> resting_ GUARDED_BY(mutex_);  // the last to rest is the first to be called
  bool somebody_comes_ GUARDED_BY(mutex_) = false;   // called or hired, and has not looked for a task yet
};

}  // namespace bobbin::uploads
