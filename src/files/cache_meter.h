#pragma once

#include <cstdint>
#include <utility>

#include "observe/registry.h"

namespace bobbin::files {

/// Counts what the FileCache of one worker finds and holds. Caches of the same worker share the counters, so
/// that they go on when a reload replaces a cache. Thread: the worker's; whoever destroys the cache, too.
class CacheMeter {
 public:
  /// Counts nothing.
  CacheMeter() = default;
  /// `registry` outlives it.
  CacheMeter(observe::Registry& registry, unsigned worker)
      : hits_(&registry.counter(kRequests, "result=\"hit\"", worker)),
        misses_(&registry.counter(kRequests, "result=\"miss\"", worker)),
        files_(&registry.gauge(kFiles)),
        bytes_(&registry.gauge(kBytes)) {}
  CacheMeter(CacheMeter&& other) noexcept
      : hits_(std::exchange(other.hits_, nullptr)),
        misses_(std::exchange(other.misses_, nullptr)),
        files_(std::exchange(other.files_, nullptr)),
        bytes_(std::exchange(other.bytes_, nullptr)),
        held_files_(other.held_files_),
        held_bytes_(other.held_bytes_) {}
  CacheMeter& operator=(CacheMeter&&) = delete;
  ~CacheMeter() { add(-held_files_, -held_bytes_); }

  /// Whether a file was found in the cache.
  void count(bool is_hit) {
    if (hits_ != nullptr) (is_hit ? hits_ : misses_)->add();
  }
  /// How much more the cache holds now; negative: less.
  void add(std::int64_t files, std::int64_t bytes) {
    if (files_ == nullptr) return;
    held_files_ += files;
    held_bytes_ += bytes;
    files_->add(files);
    bytes_->add(bytes);
  }

  static constexpr observe::Metric kRequests{"bobbin_file_cache_requests_total",
                                             "Requests for files that were looked up in the file cache"};
  static constexpr observe::Metric kFiles{"bobbin_file_cache_files", "Files in the file cache"};
  static constexpr observe::Metric kBytes{"bobbin_file_cache_bytes",
                                          "Memory that the files in the file cache take"};

 private:
  observe::Counter* hits_ = nullptr;
  observe::Counter* misses_ = nullptr;
  observe::Gauge* files_ = nullptr;
  observe::Gauge* bytes_ = nullptr;
  std::int64_t held_files_ = 0;
  std::int64_t held_bytes_ = 0;
};

}  // namespace bobbin::files
