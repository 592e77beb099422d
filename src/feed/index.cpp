#include "feed/index.h"

#include <algorithm>

namespace bobbin::feed {
namespace {

// Fewer are not worth the effort of closing their gaps.
constexpr std::size_t kFewestGone = 1024;

}  // namespace

void Index::add_older(const std::vector<IndexEntry>& older) {
  entries_.insert(entries_.begin(), older.begin(), older.end());
}

std::size_t Index::first_behind(std::uint64_t sequence) const {
  const auto found = std::ranges::upper_bound(entries_, sequence, {}, &IndexEntry::sequence);
  return static_cast<std::size_t>(found - entries_.begin());
}

std::optional<IndexEntry> Index::next(std::uint64_t after, std::uint64_t through) const {
  const std::uint64_t end = std::min(through, shown_);
  for (std::size_t i = first_behind(after); i < entries_.size() && entries_[i].sequence <= end; ++i)
    if (entries_[i].file_bytes > 0) return entries_[i];
  return std::nullopt;
}

Index::Range Index::range(std::uint64_t after, std::size_t most_records, std::uint64_t most_bytes) const {
  Range range{.last = after};
  std::uint64_t bytes = 0;
  for (std::size_t i = first_behind(after); i < entries_.size() && entries_[i].sequence <= shown_; ++i) {
    const IndexEntry& entry = entries_[i];
    if (entry.file_bytes == 0) continue;
    bytes += entry.file_bytes;
    if (range.records == most_records || (range.records > 0 && bytes > most_bytes)) break;
    range.last = entry.sequence;
    ++range.records;
  }
  return range;
}

void Index::forget(std::uint64_t sequence) {
  const std::size_t i = first_behind(sequence) - 1;
  if (i >= entries_.size() || entries_[i].sequence != sequence || entries_[i].file_bytes == 0) return;
  entries_[i].file_bytes = 0;
  if (++gone_ < std::max(kFewestGone, entries_.size() / 2)) return;
  std::erase_if(entries_, [](const IndexEntry& each) { return each.file_bytes == 0; });
  entries_.shrink_to_fit();
  gone_ = 0;
}

}  // namespace bobbin::feed
