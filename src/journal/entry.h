#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "crypto/sha256.h"

// What stands in the journal: JSON text sequences (RFC 7464). Each entry is U+001E, a JSON object on one line
// of its own, and a line feed; jq --seq reads them.
//
//   {"bobbin":1,"epoch":"EPOCH","previous":"HEX","flushed":41,"sequence":42,"id":"ID","inbox":"upload",
//    "received":"2026-11-27T06:29:26.123456Z","name":"NAME","size":9,"sha256":"HEX","body":{"a": 17},
//    "check":"HEX"}
//
// A record of an inbox has what is known of its request behind the digest, and says that its file holds the
// whole entry: ,"request":{"client":"192.0.2.7","fields":[["x-github-event","push"]]},"file":"record"
// A document that need be no JSON stands in base64: "body64":"…" where others have their body.
// One by which a repetition is recognised has ,"key":"HEX" behind its digest, and ,"conflict":true when
// another one has the same key.
// One that came in a bundle, with others in one request, says ,"bundle":41,"bundled":3 behind its key: the
// sequence of the first of them, and how many they are.
//
// The part before `body` or `body64` (where there is none, before `check`), closed by '}', is the *receipt*.
// It holds the digest of the body. `check` is the beginning of the receipt's own SHA-256, and `previous` the
// whole of that of the entry before. So an entry that has been written by half is found out, and receipts
// alone show whether one is missing or has been altered.
namespace bobbin::journal {

/// The first entry of a segment.
struct SegmentBegin {
  std::uint64_t number = 0;  ///< of the segment, from 1
  std::uint64_t first = 0;   ///< the sequence of the first record in it
  /// In which the segment was begun: /proc/sys/kernel/random/boot_id, and the unique number of the mount (0:
  /// unknown). Where both are still the same, the page cache has everything that was written.
  std::string boot;
  std::uint64_t mount = 0;
  friend bool operator==(const SegmentBegin&, const SegmentBegin&) = default;
};

/// Documents that came in one request: all of them are stored, or none. Their records follow each other, in
/// one segment, and are made durable by one flush.
struct Bundle {
  std::uint64_t first = 0;      ///< the sequence of the first of them
  std::uint64_t documents = 0;  ///< how many they are, from 2
  friend bool operator==(const Bundle&, const Bundle&) = default;
};

/// A document that is acknowledged once this entry is durable; of a bundle, once all of them are.
struct Record {
  std::uint64_t sequence = 0;  ///< from 1, without a gap
  std::string id;              ///< unguessable
  std::string inbox;
  WallTime received;  ///< to the microsecond
  std::string name;   ///< of the file, without folders
  std::uint64_t size_bytes = 0;
  crypto::Digest digest{};  ///< SHA-256 of the document
  bool has_body = true;     ///< whether the document stands in the entry; otherwise it was kept before
  bool is_binary = false;   ///< it stands there in base64, since it need be no JSON
  /// Whether the file holds the entry, with the document in it; otherwise it holds the document alone.
  bool is_whole_file = false;
  /// By what a repetition of the document is recognised. Nothing: it has no key.
  std::optional<crypto::Digest> key = {};
  bool is_conflict = false;  ///< another document has the key; it came before, with another content
  std::optional<Bundle> bundle = {};
  /// What is known of the request: a JSON object; empty: nothing is kept. It is not read again: it stands in
  /// the text of the entry.
  std::string request;
  friend bool operator==(const Record&, const Record&) = default;
};

/// A record whose client has been told that its document is not stored.
struct Withdrawal {
  std::uint64_t sequence = 0;
  friend bool operator==(const Withdrawal&, const Withdrawal&) = default;
};

/// Every document through this sequence has been given its name, unless it was withdrawn. It is written after
/// the names were given, and is never flushed by itself: it tells a name that was never given from one that
/// a consumer has taken, for as long as the page cache lives.
struct Published {
  std::uint64_t through = 0;
  friend bool operator==(const Published&, const Published&) = default;
};

/// Every document through this sequence is on stable storage under its name, or has been there.
struct Checkpoint {
  std::uint64_t through = 0;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

/// A sync of documents behind the checkpoint has failed: their files may look whole in the page cache and be
/// lost on the disk.
struct Doubt {
  std::uint64_t behind = 0;  ///< the sequence of the checkpoint
  friend bool operator==(const Doubt&, const Doubt&) = default;
};

struct Entry {
  std::string epoch;          ///< of the journal, which begins anew with another one
  crypto::Digest previous{};  ///< of the receipt of the entry before; zeros: there is none
  /// Through which sequence records were durable when this was written. What is damaged at or below it was
  /// lost by the disk; what is damaged above may be the end of a write that a power cut has interrupted.
  std::uint64_t flushed = 0;
  std::variant<SegmentBegin, Record, Withdrawal, Published, Checkpoint, Doubt> content;
  friend bool operator==(const Entry&, const Entry&) = default;
};

inline constexpr char kEntryBegin = '\x1E';

/// Appends the entry. `body`: of a Record that has one, the document, of the size and the digest that the
/// record says. Unless that says that it is binary it is a JSON text, and stands in the entry unchanged.
/// Returns the digest of the receipt.
crypto::Digest append_entry(std::string& out, const Entry& entry, std::string_view body = {});

/// An entry as it was read.
struct ReadEntry {
  Entry entry;
  crypto::Digest receipt{};  ///< its digest
  std::size_t size = 0;      ///< of all of it, from kEntryBegin to the line feed
  std::string_view head;     ///< the receipt without the '}' at its end
  /// Of a record that has one: a JSON text, the document itself or, of a binary one, a string in base64.
  std::string_view body;
  std::string_view text;  ///< all of it without kEntryBegin: a JSON object and a line feed
};

/// Reads the entry with which `bytes` begin. Nothing: there is none, or it is not intact. The result refers
/// to `bytes`.
[[nodiscard]] std::optional<ReadEntry> read_entry(std::string_view bytes);

/// Which record a text is, of which only the beginning need be known.
struct RecordPosition {
  std::string_view epoch;  ///< a part of the text
  std::uint64_t sequence = 0;
  friend bool operator==(const RecordPosition&, const RecordPosition&) = default;
};
inline constexpr std::size_t kRecordPositionBytes = 256;  ///< of a text, at most, in which these stand
/// Of the beginning of a ReadEntry::text. Nothing: it is no record. What follows is not looked at.
[[nodiscard]] std::optional<RecordPosition> position_of_record(std::string_view beginning);

}  // namespace bobbin::journal
