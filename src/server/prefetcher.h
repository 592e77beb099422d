#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "http/content.h"

namespace bobbin::server {

/// Waits for disks in place of the workers: reads slices into the page cache and tells when they are there.
/// Its few threads are started when they are needed, so that a server whose files are cached has none.
/// Thread: every function may be called by any thread.
class Prefetcher {
 public:
  struct Limits {
    std::size_t threads = 4;
    std::size_t waiting = 1024;  ///< slices that wait for a thread; beyond these, fetch refuses
  };
  using Done = std::function<void(const Result<void>&)>;

  Prefetcher() : Prefetcher(Limits{}) {}
  explicit Prefetcher(Limits limits) : limits_(limits) {}
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// Reads the slice, then calls `done` on another thread. A slice whose file nobody else holds any more is
  /// forgotten, and `done` with it. False: it cannot be done now, and `done` will not be called.
  [[nodiscard]] bool fetch(const http::FileSlice& slice, Done done) EXCLUDES(mutex_);

  /// Forgets what waits. `ended` is called once, when the last thread has ended: at once when there is none.
  /// Does not wait, since a disk may hang.
  void shut_down(std::function<void()> ended) EXCLUDES(mutex_);
  /// Waits for the threads, after shut_down.
  void join() EXCLUDES(mutex_);

 private:
  struct Job {
    // Weak, so that a client that has left costs no descriptor and no reading while its slice waits.
    std::weak_ptr<const http::File> file;
    std::uint64_t offset;
    std::uint64_t length;
    Done done;
  };

  [[nodiscard]] bool has_room() REQUIRES(mutex_);
  [[nodiscard]] bool start_thread() REQUIRES(mutex_);
  void run() EXCLUDES(mutex_);
  [[nodiscard]] std::optional<Job> next() EXCLUDES(mutex_);

  const Limits limits_;
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<Job> waiting_ GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
  std::size_t running_ GUARDED_BY(mutex_) = 0;
  std::size_t idle_ GUARDED_BY(mutex_) = 0;  // of these
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::function<void()> ended_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::server
