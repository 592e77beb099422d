#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "uploads/store.h"

namespace bobbin::uploads {

/// One document on its way into the store. It is gathered in memory and meets the file system only in pieces
/// of kGatherBytes or in write_out, so that a worker that receives a small document never touches the disk.
/// Thread: one at a time. The store outlives it.
class Document {
 public:
  static constexpr std::size_t kGatherBytes = 64 * 1024;

  explicit Document(Store& store) : store_(&store) {}

  /// A failure to write is kept for write_out, and what follows it is dropped.
  void append(Bytes piece);
  /// Forgets the content; a file that is not published is gone when this returns.
  void discard();
  /// Writes what has been gathered. The first failure there was, now or in append.
  [[nodiscard]] Result<void> write_out();
  /// After a successful write_out. See StagedFile.
  [[nodiscard]] Result<void> sync() { return file_->sync(); }
  [[nodiscard]] Result<void> publish(const std::string& name) { return file_->publish(name); }

  /// Memory in use for content.
  [[nodiscard]] std::size_t memory_bytes() const { return gathered_.capacity(); }

 private:
  [[nodiscard]] Result<void> flush();

  Store* store_;
  std::string gathered_;
  std::unique_ptr<StagedFile> file_;
  std::optional<Error> failure_;
};

}  // namespace bobbin::uploads
