#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "feed/packed_name.h"

namespace bobbin::feed {

/// A record that a reader can be given.
struct IndexEntry {
  std::uint64_t sequence = 0;
  std::uint32_t file_bytes = 0;  ///< of its file; 0: the file is gone
  PackedName name;
};
static_assert(sizeof(IndexEntry) == 40, "this is what a record costs");

/// The records of an inbox, by their sequence. It shows those through the last checkpoint; others wait in it
/// to be shown. Thread: one at a time.
class Index {
 public:
  /// Adds a record whose sequence is higher than all others.
  void add(const IndexEntry& entry) { entries_.push_back(entry); }
  /// Adds those that were there before all others. `older` is in the order of sequences, without two that are
  /// the same.
  void add_older(const std::vector<IndexEntry>& older);
  void show_through(std::uint64_t sequence) { shown_ = sequence; }
  /// The sequence of the last checkpoint.
  [[nodiscard]] std::uint64_t shown() const { return shown_; }

  /// The first record behind `after` that is not behind `through`, of those that are shown. Nothing: there is
  /// none.
  [[nodiscard]] std::optional<IndexEntry> next(std::uint64_t after, std::uint64_t through) const;

  struct Range {
    std::uint64_t last = 0;  ///< the sequence of the last record; that behind which it begins, without any
    std::size_t records = 0;
  };
  /// The next records: at most so many, with files of at most so many bytes, but one at least.
  [[nodiscard]] Range range(std::uint64_t after, std::size_t most_records, std::uint64_t most_bytes) const;

  /// The file of this record is gone.
  void forget(std::uint64_t sequence);

  /// Records, and those whose files are gone and that still take room.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t gone() const { return gone_; }

 private:
  [[nodiscard]] std::size_t first_behind(std::uint64_t sequence) const;

  std::deque<IndexEntry> entries_;  // it never has room for many more than it holds, as a vector would
  std::uint64_t shown_ = 0;
  std::size_t gone_ = 0;
};

}  // namespace bobbin::feed
