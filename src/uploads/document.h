#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "uploads/store.h"

namespace bobbin::uploads {

/// One document on its way into the store. It is gathered in memory, so that a worker that receives a small
/// one never touches the disk; one of kGatherBytes or more is written in pieces as it arrives. Thread: one at
/// a time. The store outlives it.
class Document {
 public:
  static constexpr std::size_t kGatherBytes = 64 * 1024;
  /// Pieces of a large one are written as they are, without being gathered, unless they are smaller.
  static constexpr std::size_t kDirectBytes = 8 * 1024;

  /// `announced_bytes`: how large it will be at least, where that is known; 0 where it is not.
  explicit Document(Store& store, std::uint64_t announced_bytes = 0)
      : store_(&store), is_large_(announced_bytes >= kGatherBytes) {}

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
  [[nodiscard]] Result<void> write(Bytes bytes);
  void fail(const Error& error);

  Store* store_;
  bool is_large_;  ///< the worker writes it
  std::string gathered_;
  std::unique_ptr<StagedFile> file_;
  std::optional<Error> failure_;
};

}  // namespace bobbin::uploads
