#include "journal/history.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <variant>

namespace bobbin::journal {

bool HistoryReader::add(std::uint64_t number, std::string_view bytes) {
  if (is_at_end_) return false;
  const auto first = read_entry(bytes);
  const auto* begin = first ? std::get_if<SegmentBegin>(&first->entry.content) : nullptr;
  if (begin == nullptr) headless_ = std::max(headless_, number);
  if (begin == nullptr || begin->number != number) return false;
  if (history_.epoch.empty()) {
    // What was before has been checkpointed and removed.
    history_.epoch = first->entry.epoch;
    history_.receipt = first->entry.previous;
    history_.sequence = begin->first - 1;
    history_.checkpoint = begin->first - 1;
  } else if (first->entry.epoch != history_.epoch || begin->number <= history_.last_segment) {
    return false;
  } else {
    give_up_behind(first->entry.previous);
    note_damage(begin->first - 1);
  }
  history_.last_segment = begin->number;
  history_.last_begin = *begin;
  steps_.clear();
  steps_.push_back(
      {.receipt = history_.receipt, .sequence = history_.sequence, .checkpoint = history_.checkpoint});
  flushed_ = 0;
  follow(bytes);
  return true;
}

/// Takes the entries of a segment as far as they belong together.
void HistoryReader::follow(std::string_view bytes) {
  while (const auto read = read_entry(bytes)) {
    const auto* record = std::get_if<Record>(&read->entry.content);
    const bool goes_on = read->entry.epoch == history_.epoch && read->entry.previous == history_.receipt &&
                         (record == nullptr || record->sequence == history_.sequence + 1);
    if (!goes_on) break;
    take(*read);
    listener_(*read, bytes.substr(0, read->size));
    bytes.remove_prefix(read->size);
    is_at_end_ = read->receipt == end_;
    if (is_at_end_) return;
  }
  note_flushed(bytes);
  note_damage(flushed_);
}

void HistoryReader::take(const ReadEntry& read) {
  flushed_ = std::max(flushed_, read.entry.flushed);
  if (const auto* record = std::get_if<Record>(&read.entry.content)) {
    history_.sequence = record->sequence;
    history_.received = record->received;
    history_.open.push_back(
        {.record = *record, .content = std::string(record->is_whole_file ? read.text : read.body)});
  } else if (const auto* withdrawal = std::get_if<Withdrawal>(&read.entry.content)) {
    std::erase_if(history_.open, [&](const OpenRecord& open) {
      if (open.record.sequence != withdrawal->sequence) return false;
      if (open.record.bundle) withdrawn_bundles_.insert(open.record.bundle->first);
      return true;
    });
  } else if (const auto* published = std::get_if<Published>(&read.entry.content)) {
    published_ = std::max(published_, published->through);
  } else if (const auto* checkpoint = std::get_if<Checkpoint>(&read.entry.content)) {
    history_.checkpoint = std::max(history_.checkpoint, checkpoint->through);
    doubt_.reset();  // it was recorded once they had been written again
  } else if (const auto* doubt = std::get_if<Doubt>(&read.entry.content)) {
    doubt_ = doubt->behind;
  }
  history_.receipt = read.receipt;
  steps_.push_back(
      {.receipt = read.receipt, .sequence = history_.sequence, .checkpoint = history_.checkpoint});
}

void HistoryReader::give_up_behind(const crypto::Digest& receipt) {
  const auto found = std::ranges::find(steps_, receipt, &Step::receipt);
  history_.receipt = receipt;
  if (found == steps_.end()) return;  // the entry is one that the disk has lost
  history_.sequence = found->sequence;
  history_.checkpoint = found->checkpoint;
  std::erase_if(history_.open,
                [&](const OpenRecord& open) { return open.record.sequence > found->sequence; });
  std::erase_if(withdrawn_bundles_, [&](std::uint64_t first) { return first > found->sequence; });
}

/// Looks for what intact entries behind the end say of those that had been flushed.
void HistoryReader::note_flushed(std::string_view rest) {
  for (std::size_t at = rest.find(kEntryBegin); at != std::string_view::npos;
       at = rest.find(kEntryBegin, at + 1))
    if (const auto read = read_entry(rest.substr(at)); read && read->entry.epoch == history_.epoch)
      flushed_ = std::max(flushed_, read->entry.flushed);
}

/// Every record through `flushed` had been on the disk.
void HistoryReader::note_damage(std::uint64_t flushed) {
  durable_ = std::max(durable_, flushed);
  if (flushed <= history_.sequence) return;
  history_.damage.push_back({.first = history_.sequence + 1, .last = flushed});
  history_.sequence = flushed;
}

/// Takes the records out of which others of the same bundle are missing.
void HistoryReader::take_unfinished() {
  std::map<std::uint64_t, std::uint64_t> there;  // how many of each bundle
  for (const OpenRecord& open : history_.open)
    if (open.record.bundle) ++there[open.record.bundle->first];
  std::erase_if(history_.open, [&](const OpenRecord& open) {
    const auto& bundle = open.record.bundle;
    if (!bundle || there[bundle->first] == bundle->documents) return false;
    const bool was_stored = bundle->first + bundle->documents - 1 <= durable_;
    if (was_stored && !withdrawn_bundles_.contains(bundle->first)) return false;
    history_.unfinished.push_back(open.record.sequence);
    return true;
  });
}

History HistoryReader::finish() && {
  const auto is_done = [&](std::uint64_t sequence) { return sequence <= history_.checkpoint; };
  std::erase_if(history_.open, [&](const OpenRecord& open) { return is_done(open.record.sequence); });
  take_unfinished();
  // Segments that were taken out may be there again after a power cut, some of them.
  const auto is_before_checkpoint = [&](const Damage& damage) { return is_done(damage.last); };
  std::ranges::copy_if(history_.damage, std::back_inserter(history_.damage_before_checkpoint),
                       is_before_checkpoint);
  std::erase_if(history_.damage, is_before_checkpoint);
  // One below was taken out of the journal, and a power cut has given it its old name again.
  if (headless_ > history_.last_segment) history_.lost_segment = headless_;
  history_.is_in_doubt = doubt_ == history_.checkpoint;
  for (OpenRecord& open : history_.open) open.is_published = open.record.sequence <= published_;
  return std::move(history_);
}

}  // namespace bobbin::journal
