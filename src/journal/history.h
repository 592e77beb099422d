#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "crypto/sha256.h"
#include "journal/entry.h"

namespace bobbin::journal {

/// A record that recovery has to look after.
struct OpenRecord {
  Record record;
  std::string content;        ///< of its file: the document, or the entry; empty when the entry has no body
  bool is_published = false;  ///< whether a Published entry says so
};

/// Records that had been flushed and that the disk no longer has.
struct Damage {
  std::uint64_t first = 0;  ///< sequences
  std::uint64_t last = 0;
  friend bool operator==(const Damage&, const Damage&) = default;
};

/// What the segments of a journal say, once all of them have been read.
struct History {
  std::string epoch;               ///< "": there was no journal
  std::uint64_t last_segment = 0;  ///< the highest number of a segment that has begun
  std::uint64_t sequence = 0;      ///< of the last record
  WallTime received;               ///< of the same; the beginning of 1970 when there is none
  crypto::Digest receipt{};        ///< the digest of the last receipt
  std::uint64_t checkpoint = 0;    ///< through which sequence documents are on stable storage
  SegmentBegin last_begin;         ///< of the last segment
  bool is_in_doubt = false;        ///< a sync of documents behind the checkpoint has failed
  std::vector<OpenRecord> open;    ///< records behind the checkpoint that were not withdrawn, in order
  /// Sequences of further such records: those of a bundle of which not all have been written, and nobody was
  /// told that they are stored. Where the disk has lost records of a bundle that had been flushed, the others
  /// are open.
  std::vector<std::uint64_t> unfinished;
  std::vector<Damage> damage;
  /// The same of records that are at or below the checkpoint: no document depends on them.
  std::vector<Damage> damage_before_checkpoint;
  /// The number of a segment behind all that could be read, of which the disk has lost the beginning: nobody
  /// knows how many records were in it. A segment is installed only once its beginning is on stable storage,
  /// so no crash leaves one like this.
  std::optional<std::uint64_t> lost_segment;
};

/// Reads the segments of a journal, the oldest first, and tells the end of an interrupted write from a
/// damaged disk.
///
/// A batch of entries is written at once and then flushed. When the power is cut meanwhile, any of its
/// sectors may have reached the disk, in any order. So the entries are followed from the first one on, each
/// of which holds the digest of the one before, and end where one is not intact. What stands behind was never
/// acknowledged, even where it is intact: unless an intact entry says, wherever it stands, that records
/// beyond the end had been flushed. Then the disk has lost something.
///
/// A segment goes on from the entry whose digest it names. Where that is not the last one of the segment
/// before, the entries behind that one were given up, since their flush had failed.
class HistoryReader {
 public:
  /// Is told of an entry that belongs to the journal. `text` is all of it, and a part of what add() was
  /// given.
  using Listener = std::function<void(const ReadEntry& read, std::string_view text)>;

  HistoryReader() = default;
  /// Reads on to the entry with this digest alone, as if nothing had been written behind it.
  explicit HistoryReader(const crypto::Digest& end) : end_(end) {}
  /// `listener` hears of every entry, in the order of the journal. When it hears of a SegmentBegin whose
  /// `previous` is an entry before the last one, what stood between them has been given up.
  explicit HistoryReader(Listener listener) : listener_(std::move(listener)) {}

  /// `bytes`: all of the segment; what stands behind its last entry is zeros, or left of an earlier use of
  /// the file. False: no segment of this number has begun in it, and it is no part of the journal.
  bool add(std::uint64_t number, std::string_view bytes);
  /// Whether the entry has been found that the constructor was given.
  [[nodiscard]] bool is_at_end() const { return is_at_end_; }
  [[nodiscard]] History finish() &&;

 private:
  void follow(std::string_view bytes);
  void take(const ReadEntry& read);
  void give_up_behind(const crypto::Digest& receipt);
  void take_unfinished();
  void note_flushed(std::string_view rest);
  void note_damage(std::uint64_t flushed);

  /// An entry to which the next segment may go back: one of the last segment, or that from which this goes
  /// on.
  struct Step {
    crypto::Digest receipt;
    std::uint64_t sequence;    // of the last record then
    std::uint64_t checkpoint;  // likewise
  };

  History history_;
  std::vector<Step> steps_;
  std::uint64_t headless_ = 0;   // the highest number of a segment that does not begin as one; 0: none
  std::uint64_t flushed_ = 0;    // the highest that any intact entry of the last segment has said
  std::uint64_t durable_ = 0;    // the same of all segments
  std::uint64_t published_ = 0;  // through this sequence
  std::set<std::uint64_t> withdrawn_bundles_;  // the first sequences of those of which one record was
  std::optional<std::uint64_t> doubt_;
  std::optional<crypto::Digest> end_;
  bool is_at_end_ = false;
  Listener listener_ = [](const ReadEntry&, std::string_view) {};
};

}  // namespace bobbin::journal
