#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "observe/registry.h"
#include "store/folder.h"

namespace bobbin::store {

/// With which the numbers of a store are published.
[[nodiscard]] inline std::string folder_label(const Folder& folder) {
  return observe::label("folder", folder.path());
}

/// Measures what a JournalCommitter does. Thread: one at a time.
class JournalMeter {
 public:
  /// `labels`: of the folder. `registry` outlives it.
  JournalMeter(observe::Registry& registry, std::string_view labels)
      : batches_(registry.histogram(kBatches, observe::kBatchBuckets, labels)),
        flushes_(registry.histogram(kFlushes, observe::kLatencyBuckets, labels)),
        bytes_(registry.gauge(kBytes, labels)),
        checkpoint_(registry.gauge(kCheckpoint, labels)) {}

  void add_batch(std::size_t documents) { batches_.add(static_cast<std::int64_t>(documents)); }
  void add_flush(Duration time) { flushes_.add(time.count()); }
  void set_bytes(std::uint64_t bytes) { bytes_.set(static_cast<std::int64_t>(bytes)); }
  void checkpoint_made(WallTime now) {
    checkpoint_.set(std::chrono::duration_cast<seconds>(now.time_since_epoch()).count());
  }

  static constexpr observe::Metric kBatches{"bobbin_commit_documents",
                                            "Documents that one flush of the journal has made durable"};
  static constexpr observe::Metric kFlushes{"bobbin_journal_flush_seconds", "Time of a flush of the journal"};
  static constexpr observe::Metric kBytes{"bobbin_journal_bytes", "Size of the journal"};
  static constexpr observe::Metric kCheckpoint{
      "bobbin_journal_checkpoint_timestamp_seconds",
      "When the last checkpoint of the journal was made; 0: none was"};

 private:
  observe::Histogram& batches_;
  observe::Histogram& flushes_;
  observe::Gauge& bytes_;
  observe::Gauge& checkpoint_;
};

}  // namespace bobbin::store
