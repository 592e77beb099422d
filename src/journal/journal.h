#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "journal/entry.h"
#include "journal/history.h"
#include "journal/medium.h"

namespace bobbin::journal {

/// In which circumstances a segment is begun: see SegmentBegin.
struct Circumstances {
  std::string boot;
  std::uint64_t mount = 0;
};

/// A journal that is being written: a write-ahead log. What add() was given is in memory until write(), and
/// on stable storage once flush() has succeeded. When it is broken nothing more may be written: another
/// Journal finds out what is there. Thread: one at a time.
class Journal {
 public:
  static constexpr std::uint64_t kSegmentBytes = 16UL * 1024 * 1024;

  /// What the segments of the medium say. Changes nothing.
  [[nodiscard]] static Result<History> read(Medium& medium);
  /// The same through the entry with this digest, as if nothing had been written behind it. Fails with
  /// EBADMSG where there is none.
  [[nodiscard]] static Result<History> read(Medium& medium, const crypto::Digest& end);
  /// Goes on behind `history`, which read() has returned, in a new segment. `epoch`: unguessable; for a
  /// journal that begins with this. The medium outlives the journal.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> open(Medium& medium, const History& history,
                                                             const std::string& epoch,
                                                             Circumstances circumstances,
                                                             std::uint64_t segment_bytes = kSegmentBytes);

  /// Must be called before anything is added to what is written next: begins another segment where this one
  /// has no room for so much. After a failure nothing has changed, unless is_broken().
  [[nodiscard]] Result<void> make_room(std::uint64_t bytes);
  /// The same for one entry without a document. Each segment keeps room for some of them, so that they need
  /// no other one on a full disk.
  [[nodiscard]] Result<void> make_room_for_note();
  /// Whether this segment has room for so much.
  [[nodiscard]] bool has_room(std::uint64_t bytes) const;
  /// Begins another segment in any case, likewise.
  [[nodiscard]] Result<void> begin_next();
  /// An upper bound for what a record and its withdrawal take, besides the body.
  static constexpr std::uint64_t kRecordBytes = 2048;

  /// Adds a record and gives it its sequence. `body` as append_entry wants it.
  std::uint64_t add(Record record, std::string_view body);
  /// Where what has been added ends. Good until write().
  struct Mark {
    std::uint64_t sequence;
    crypto::Digest receipt;
    std::size_t bytes;
  };
  [[nodiscard]] Mark mark() const { return {sequence_, receipt_, added_.size()}; }
  /// As if what was added behind the mark had never been.
  void take_back(const Mark& mark);
  /// The entry that was added last, as ReadEntry::text. Until the next call of add() or write().
  [[nodiscard]] std::string_view last_text() const {
    return std::string_view(added_).substr(last_begin_ + 1);
  }
  void add(Withdrawal withdrawal) { append(withdrawal); }
  void add(Published published) { append(published); }
  void add(Checkpoint checkpoint) { append(checkpoint); }
  void add(Doubt doubt) { append(doubt); }

  [[nodiscard]] Result<void> write();
  [[nodiscard]] Result<void> flush();
  /// Whether a write or a flush has failed.
  [[nodiscard]] bool is_broken() const { return is_broken_; }
  /// Takes records of which the flush has failed out of the page cache, where a process that starts later
  /// would find them, and notes there that documents are in doubt. What a power cut leaves needs neither. For
  /// a broken journal; where it fails, nothing has changed.
  void give_up_unflushed(const Doubt& doubt);
  /// The digest of the last entry that is known to be on stable storage, for read().
  [[nodiscard]] const crypto::Digest& flushed_receipt() const { return flushed_receipt_; }

  /// Takes segments out whose records are all at or below `sequence`. The one that is written stays.
  [[nodiscard]] Result<void> trim(std::uint64_t sequence);

  [[nodiscard]] const std::string& epoch() const { return epoch_; }
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }  ///< of the last record that was added
  /// Whether the segment that is written has come so far that the next one should be prepared.
  [[nodiscard]] bool needs_spare() const { return offset_ > segment_bytes_ / 4; }
  [[nodiscard]] std::uint64_t segment() const { return number_; }  ///< the number of the one that is written
  [[nodiscard]] std::uint64_t offset() const { return offset_; }   ///< in it, of the end of what was written
  /// How much room the segments take that were not taken out, to the end of what was written.
  [[nodiscard]] std::uint64_t bytes() const { return full_.size() * segment_bytes_ + offset_; }

 private:
  using Content = decltype(Entry::content);
  /// A segment to which nothing is added any more.
  struct Full {
    std::uint64_t number;
    std::uint64_t last;  // no record in it has a higher sequence
  };

  Journal(Medium& medium, Circumstances circumstances, std::uint64_t segment_bytes)
      : medium_(medium), circumstances_(std::move(circumstances)), segment_bytes_(segment_bytes) {}
  void append(Content content, std::string_view body = {});
  [[nodiscard]] Result<void> begin_segment(std::uint64_t number);
  /// Remembers a failure.
  [[nodiscard]] Result<void> note(Result<void> result);

  Medium& medium_;
  const Circumstances circumstances_;
  const std::uint64_t segment_bytes_;
  std::string epoch_;
  std::uint64_t sequence_ = 0;
  std::uint64_t flushed_ = 0;  // the sequence of the last record that flush() has made durable
  crypto::Digest receipt_{};   // of the last entry that was added
  crypto::Digest flushed_receipt_{};
  std::deque<Full> full_;
  std::uint64_t number_ = 0;  // of the segment that is written
  std::unique_ptr<SegmentFile> file_;
  std::uint64_t offset_ = 0;  // of the end of what was written
  /// Before the first record that no flush has made durable; nothing: there is none.
  struct Before {
    crypto::Digest receipt;
    std::uint64_t offset;
  };
  std::optional<Before> before_unflushed_;
  std::string added_;
  std::size_t last_begin_ = 0;  // of the entry that was added last, in added_
  bool is_broken_ = false;
};

}  // namespace bobbin::journal
