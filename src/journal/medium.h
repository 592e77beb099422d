#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace bobbin::journal {

/// A file of a fixed size in which a segment stands. Thread: one at a time.
class SegmentFile {
 public:
  virtual ~SegmentFile() = default;
  /// Overwrites a part of the file, which must not grow.
  [[nodiscard]] virtual Result<void> write(std::uint64_t offset, Bytes bytes) = 0;
  /// Returns once everything written is on stable storage. Never call it again after a failure.
  [[nodiscard]] virtual Result<void> flush() = 0;
};

/// Where the segments of a journal are kept. Everything is done through this interface, so that a test can
/// use a medium that fails or forgets what was not flushed. Thread: one at a time.
class Medium {
 public:
  virtual ~Medium() = default;
  /// The numbers of the segments, in ascending order.
  [[nodiscard]] virtual Result<std::vector<std::uint64_t>> segments() = 0;
  [[nodiscard]] virtual Result<std::string> read(std::uint64_t number) = 0;
  /// A file in which no segment has begun: a spare one, or a new one filled with zeros. Its whole size is on
  /// stable storage, so that a flush has nothing to write but content.
  [[nodiscard]] virtual Result<std::unique_ptr<SegmentFile>> prepare(std::uint64_t size_bytes) = 0;
  /// Makes a spare file for prepare(), where there is none and plenty of space, since that takes long. May be
  /// called while another thread calls anything else of the medium. Nothing depends on it.
  virtual void make_spare(std::uint64_t size_bytes) { static_cast<void>(size_bytes); }
  /// Gives the file that was prepared last its number. Returns once that is on stable storage.
  [[nodiscard]] virtual Result<void> install(std::uint64_t number) = 0;
  /// Takes a segment out of the journal, perhaps as a spare file.
  [[nodiscard]] virtual Result<void> retire(std::uint64_t number) = 0;
  /// Removes the spare files, on which the disk may have failed.
  [[nodiscard]] virtual Result<void> remove_spares() = 0;
};

}  // namespace bobbin::journal
