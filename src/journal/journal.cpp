#include "journal/journal.h"

#include <algorithm>
#include <cerrno>

#include "base/assert.h"
#include "base/bytes.h"

namespace bobbin::journal {
namespace {

// Room for entries of which make_room() is not told.
constexpr std::uint64_t kOtherBytes = 4096;
// An upper bound for one of them.
constexpr std::uint64_t kNoteBytes = 512;

Result<void> read_segments(Medium& medium, HistoryReader& reader) {
  for (const std::uint64_t number : TRY(medium.segments())) {
    const std::string bytes = TRY(medium.read(number));
    reader.add(number, bytes);
  }
  return {};
}

}  // namespace

Result<History> Journal::read(Medium& medium) {
  HistoryReader reader;
  TRY(read_segments(medium, reader));
  return std::move(reader).finish();
}

Result<History> Journal::read(Medium& medium, const crypto::Digest& end) {
  HistoryReader reader(end);
  TRY(read_segments(medium, reader));
  if (!reader.is_at_end()) return failure(Error{EBADMSG, "reading what was flushed"});
  return std::move(reader).finish();
}

Result<std::unique_ptr<Journal>> Journal::open(Medium& medium, const History& history,
                                               const std::string& epoch, Circumstances circumstances,
                                               std::uint64_t segment_bytes) {
  std::unique_ptr<Journal> journal(new Journal(medium, std::move(circumstances), segment_bytes));
  journal->epoch_ = history.epoch.empty() ? epoch : history.epoch;
  journal->sequence_ = history.sequence;
  journal->flushed_ = history.sequence;
  journal->receipt_ = history.receipt;
  std::uint64_t last = history.last_segment;
  const auto numbers = TRY(medium.segments());
  for (const std::uint64_t number : numbers) {
    journal->full_.push_back({.number = number, .last = history.sequence});
    last = std::max(last, number);
  }
  TRY(journal->begin_segment(last + 1));
  return journal;
}

Result<void> Journal::begin_segment(std::uint64_t number) {
  auto file = TRY(medium_.prepare(segment_bytes_));
  std::string header;
  const crypto::Digest receipt =
      append_entry(header, {.epoch = epoch_,
                            .previous = receipt_,
                            .flushed = flushed_,
                            .content = SegmentBegin{.number = number,
                                                    .first = sequence_ + 1,
                                                    .boot = circumstances_.boot,
                                                    .mount = circumstances_.mount}});
  TRY(note(file->write(0, as_bytes(header))));
  TRY(note(file->flush()));
  TRY(note(medium_.install(number)));
  file_ = std::move(file);
  number_ = number;
  offset_ = header.size();
  receipt_ = receipt;
  flushed_receipt_ = receipt;
  return {};
}

Result<void> Journal::make_room(std::uint64_t bytes) {
  if (has_room(bytes)) return {};
  return begin_next();
}

Result<void> Journal::make_room_for_note() {
  if (offset_ + kNoteBytes <= segment_bytes_) return {};
  return begin_next();
}

bool Journal::has_room(std::uint64_t bytes) const { return offset_ + bytes + kOtherBytes <= segment_bytes_; }

Result<void> Journal::begin_next() {
  ASSERT(!is_broken_ && added_.empty());
  TRY(flush());  // of entries for which nobody has waited
  const Full full{.number = number_, .last = sequence_};
  TRY(begin_segment(number_ + 1));
  full_.push_back(full);
  return {};
}

std::uint64_t Journal::add(Record record, std::string_view body) {
  record.sequence = sequence_ + 1;
  if (!before_unflushed_) before_unflushed_ = {.receipt = receipt_, .offset = offset_ + added_.size()};
  append(std::move(record), body);
  return ++sequence_;
}

void Journal::take_back(const Mark& mark) {
  ASSERT(mark.bytes <= added_.size());
  sequence_ = mark.sequence;
  receipt_ = mark.receipt;
  added_.resize(mark.bytes);
}

void Journal::append(Content content, std::string_view body) {
  last_begin_ = added_.size();
  receipt_ = append_entry(
      added_, {.epoch = epoch_, .previous = receipt_, .flushed = flushed_, .content = std::move(content)},
      body);
}

Result<void> Journal::write() {
  ASSERT(!is_broken_ && offset_ + added_.size() <= segment_bytes_);
  TRY(note(file_->write(offset_, as_bytes(added_))));
  offset_ += added_.size();
  added_.clear();
  return {};
}

Result<void> Journal::flush() {
  ASSERT(!is_broken_ && added_.empty());
  TRY(note(file_->flush()));
  flushed_ = sequence_;
  flushed_receipt_ = receipt_;
  before_unflushed_.reset();
  return {};
}

void Journal::give_up_unflushed(const Doubt& doubt) {
  const std::uint64_t end = offset_ + added_.size();
  if (!before_unflushed_ && !added_.empty()) return;  // a note has been written by half, perhaps
  const Before last = before_unflushed_.value_or(Before{receipt_, offset_});
  std::string text;
  append_entry(text, {.epoch = epoch_, .previous = last.receipt, .flushed = flushed_, .content = doubt});
  if (last.offset + text.size() > segment_bytes_) return;
  if (last.offset + text.size() < end) text.resize(end - last.offset);
  static_cast<void>(file_->write(last.offset, as_bytes(text)));
}

Result<void> Journal::trim(std::uint64_t sequence) {
  while (!full_.empty() && full_.front().last <= sequence) {
    TRY(medium_.retire(full_.front().number));
    full_.pop_front();
  }
  return {};
}

Result<void> Journal::note(Result<void> result) {
  is_broken_ = is_broken_ || !result;
  return result;
}

}  // namespace bobbin::journal
