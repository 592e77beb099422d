#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/store_agent.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "executor/executor.h"
#include "files/contents.h"
#include "object_store/agent.h"
#include "observe/log.h"
#include "observe/registry.h"

namespace bobbin::app {

/// The content of files that stand for the objects of a bucket: has the agent fetch each that is asked for,
/// once for all who ask. Thread: any.
class BucketContents final : public files::Contents, public std::enable_shared_from_this<BucketContents> {
 public:
  struct Settings {
    object_store::Mirrored where;
    std::size_t mirror;              ///< of the agent
    std::size_t parallel;            ///< fetches
    Duration patience;               ///< of a request for content
    std::uint64_t redirected_bytes;  ///< of objects that clients get from the store, at least; 0: of none
  };
  /// `log`: a writer for this alone. The references outlive it.
  BucketContents(Settings settings, std::shared_ptr<object_store::Agent> agent, executor::Executor& executor,
                 observe::LogWriter& log, observe::Registry& registry);
  ~BucketContents() override;

  [[nodiscard]] bool is_ready() const override { return is_ready_; }
  [[nodiscard]] Outcome fetch(const std::string& name, const os::FileStatus& file,
                              const http::Resume& resume) override EXCLUDES(mutex_);
  [[nodiscard]] Outcome join(const std::string& name, const os::FileStatus& file, const std::string& tag,
                             const http::Resume& resume) override EXCLUDES(mutex_);
  void want(const std::string& name, const os::FileStatus& file) override EXCLUDES(mutex_);
  [[nodiscard]] Duration patience() const override { return settings_.patience; }
  [[nodiscard]] bool redirects(std::uint64_t size_bytes) const override {
    return settings_.redirected_bytes > 0 && size_bytes >= settings_.redirected_bytes;
  }
  [[nodiscard]] bool find_address(const std::string& name, const Fields& fields,
                                  std::function<void(const Address&)> found) override EXCLUDES(mutex_);

  /// Must be called once a second: asks the agent how the bucket is.
  void tick() EXCLUDES(mutex_);
  /// The server stops: nothing more is fetched.
  void stop() { is_stopping_ = true; }
  [[nodiscard]] const object_store::Mirrored& where() const { return settings_.where; }

  static constexpr observe::Metric kFetches{"bobbin_bucket_fetches_total",
                                            "Objects whose content was fetched for a site"};
  static constexpr observe::Metric kFailures{"bobbin_bucket_fetch_failures_total",
                                             "Objects whose content could not be fetched"};
  static constexpr observe::Metric kRedirects{"bobbin_bucket_redirects_total",
                                              "Requests that were sent on to the object store"};
  static constexpr observe::Metric kObjects{"bobbin_bucket_objects", "Objects that a site serves"};
  static constexpr observe::Metric kBytes{"bobbin_bucket_cached_bytes", "Content that is in the cache"};

 private:
  using Trouble = object_store::Trouble;

  /// `tag`: of whoever joins; null: all of the content is waited for.
  [[nodiscard]] Outcome begin(const std::string& name, const os::FileStatus& file, const std::string* tag,
                              const http::Resume* resume) EXCLUDES(mutex_);
  void bring(const std::string& name, std::uint64_t size_bytes) EXCLUDES(mutex_);
  [[nodiscard]] bool is_in_vain(const std::string& name) EXCLUDES(mutex_);
  void offer(const std::string& name, std::shared_ptr<files::GrowingFile> growing) EXCLUDES(mutex_);
  void finish(const std::string& name, const Trouble* trouble) EXCLUDES(mutex_);
  [[nodiscard]] Address presign(const std::string& name, const object_store::Presentation& presentation)
      EXCLUDES(mutex_);
  void look() EXCLUDES(mutex_);
  void report(const object_store::MirrorState& state) REQUIRES(mutex_);

  const Settings settings_;
  const std::shared_ptr<object_store::Agent> agent_;
  executor::Lane& fetching_;
  executor::Lane& looking_;
  executor::Lane& presigning_;
  std::atomic<bool> is_ready_;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> is_looking_ = false;
  observe::State& reported_state_;

  Mutex mutex_;
  observe::LogWriter& log_ GUARDED_BY(mutex_);
  observe::Counter& fetches_ GUARDED_BY(mutex_);
  observe::Counter& failures_counter_ GUARDED_BY(mutex_);
  observe::Counter& redirects_ GUARDED_BY(mutex_);
  observe::Gauge& objects_ GUARDED_BY(mutex_);
  observe::Gauge& bytes_ GUARDED_BY(mutex_);
  struct Fetch {
    std::vector<http::Resume> for_all = {};   // who waits until it has ended
    std::vector<http::Resume> for_some = {};  // who waits for the first bytes
    std::shared_ptr<files::GrowingFile> growing = {};
  };
  std::unordered_map<std::string, Fetch> under_way_ GUARDED_BY(mutex_);  // by names
  std::map<std::string, Instant> failed_until_ GUARDED_BY(mutex_);       // likewise
  struct Recent {
    Instant since = Instant::min();
    unsigned fetches = 0;
  };
  std::map<std::string, Recent> recent_ GUARDED_BY(mutex_);  // likewise
  Instant next_report_ GUARDED_BY(mutex_) = Instant::min();
  bool is_known_ GUARDED_BY(mutex_) = false;  // whether what follows has been told
  bool answers_ GUARDED_BY(mutex_) = false;
  std::string problem_ GUARDED_BY(mutex_);
  std::uint64_t left_out_ GUARDED_BY(mutex_) = 0;
};

/// The contents of all roots in buckets. They outlive reloads: where the location is the same, a new
/// generation takes over those of the old one. Thread: main.
class BucketSites {
 public:
  explicit BucketSites(StoreParts parts) : parts_(std::move(parts)) {}

  /// `bucket` and `root`: as place_bucket_roots has put them. The error is the end of a sentence.
  [[nodiscard]] Result<std::shared_ptr<files::Contents>, std::string> open(const std::string& bucket,
                                                                           const std::string& root);

  /// Must be called once a second. Drops those that no generation uses any more.
  void tick();
  /// The server stops: what is given to clients already is fetched to its end, and nothing else.
  void stop();
  /// No client is left: nothing at all is fetched. Thread: any.
  void give_up();

 private:
  const StoreParts parts_;
  std::vector<std::shared_ptr<BucketContents>> contents_;
};

}  // namespace bobbin::app
