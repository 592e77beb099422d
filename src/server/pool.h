#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "http/handler.h"
#include "observe/log.h"
#include "server/worker.h"

namespace bobbin::server {

struct PoolSettings {
  unsigned threads = 10;
  std::size_t connections_per_thread =
      1024;                  ///< capacity of one worker; 1: a thread serves one connection at a time
  std::size_t queue = 1024;  ///< connections that may wait while every worker is full
  WorkerSettings worker;
};

/// The fixed pool of workers and the queue in front of it. A connection goes to the least-loaded worker that
/// has room and stays there for life; when none has room it waits, oldest first; when the queue is full, and
/// nobody in it has left meanwhile, it is rejected. Thread: every function may be called by any thread,
/// unless said otherwise.
class WorkerPool {
 public:
  /// Starts the threads. The references outlive the pool. `ended` is called once, by the last worker that
  /// ends.
  [[nodiscard]] static Result<std::unique_ptr<WorkerPool>> start(
      const PoolSettings& settings, const std::shared_ptr<const http::Handler>& handler, observe::Log& log,
      observe::Registry& registry, std::function<void()> ended);

  /// Every worker serves the requests of its next round with this one; exchanges end under the one they began
  /// with, which lives until then.
  void replace_handler(const std::shared_ptr<const http::Handler>& handler);

  enum class Admission : std::uint8_t { assigned, queued, refused };
  /// Assigns or queues the connection; leaves it with the caller when it is refused. `log`: the calling
  /// thread's writer.
  [[nodiscard]] Admission admit(Arrival& arrival, observe::LogWriter& log) EXCLUDES(mutex_);

  /// A worker has closed a connection. Returns the one that has waited longest, which then is that worker's.
  [[nodiscard]] std::optional<Arrival> released(unsigned worker_number, observe::LogWriter& log)
      EXCLUDES(mutex_);
  /// For a worker that would close a connection that has been idle since then. True: another worker has one
  /// that has been idle for longer, and has been asked to close it instead.
  [[nodiscard]] bool defer_to_longer_idle(Instant idle_since);
  /// How many connections wait. May be a moment old.
  [[nodiscard]] std::size_t waiting() const { return waiting_; }
  /// How many connections the workers own.
  [[nodiscard]] std::size_t held() const EXCLUDES(mutex_);
  /// How many workers own a connection.
  [[nodiscard]] unsigned active() const EXCLUDES(mutex_);
  /// Whether the workers hold far fewer connections than they once did since this was last so: then there is
  /// memory to give back.
  [[nodiscard]] bool has_emptied() EXCLUDES(mutex_);
  /// Whether a connection has come or was held since this was last asked.
  [[nodiscard]] bool was_in_use() EXCLUDES(mutex_);
  /// "Thread pool status: 8/10 active".
  void log_status(observe::LogWriter& log) const EXCLUDES(mutex_);
  [[nodiscard]] unsigned threads() const { return static_cast<unsigned>(workers_.size()); }

  /// Another process serves newcomers from now on: each connection ends with its next answer, or when its
  /// client has been silent for as long as it may; those in the queue are served. Workers end with their last
  /// connection. Then `admit` refuses.
  void wind_down() EXCLUDES(mutex_);
  /// Workers finish what is in flight and end. Returns the connections that still waited. Then `admit`
  /// refuses.
  [[nodiscard]] std::deque<Arrival> shut_down() EXCLUDES(mutex_);
  void stop_now();
  /// Waits for the threads, after shut_down or stop_now. Thread: the owner's.
  void join();
  /// Called by each worker at its end.
  void worker_ended();

 private:
  WorkerPool(const PoolSettings& settings, observe::Registry& registry, std::function<void()> ended);
  [[nodiscard]] std::optional<unsigned> least_loaded() const REQUIRES(mutex_);
  [[nodiscard]] bool may_wait() const REQUIRES(mutex_);
  /// Takes the connections out of the queue whose clients have left. The caller updates waiting_.
  [[nodiscard]] std::vector<Arrival> take_abandoned() REQUIRES(mutex_);
  [[nodiscard]] bool anybody_is_idle() const;
  /// A connection waits: every worker that holds an idle one looks whether to close it.
  void make_room();

  const PoolSettings& settings_;
  const std::function<void()> ended_;
  std::vector<std::unique_ptr<Worker>> workers_;  // fixed once started
  std::atomic<unsigned> running_ = 0;

  mutable Mutex mutex_;
  std::vector<std::size_t> loads_ GUARDED_BY(mutex_);
  std::size_t held_ GUARDED_BY(mutex_) = 0;       // the sum of these
  std::size_t most_held_ GUARDED_BY(mutex_) = 0;  // since has_emptied() said so
  struct Waiting {
    Arrival arrival;
    Instant since;
  };
  std::deque<Waiting> queue_ GUARDED_BY(mutex_);
  observe::Histogram& waits_ GUARDED_BY(mutex_);
  bool in_use_ GUARDED_BY(mutex_) = false;  // since was_in_use() was asked
  bool saturated_ GUARDED_BY(mutex_) = false;
  bool shutting_down_ GUARDED_BY(mutex_) = false;
  std::atomic<std::size_t> waiting_ = 0;  // queue_.size(), for those who only want a hint
};

}  // namespace bobbin::server
