#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/sha256.h"
#include "store/document_key.h"
#include "store/key_files.h"

namespace bobbin::store {

/// A document that has a key and is stored.
struct KnownDocument {
  std::string id;
  std::uint64_t sequence = 0;
  crypto::Digest digest{};  ///< SHA-256 of its content
  WallTime received;        ///< to the microsecond
};

/// The keys of documents that are stored. They outlive the records in the journal: each is a line in a file,
/// which is on stable storage before the checkpoint that lets go of the record.
///
/// The oldest keys are forgotten when they are older than the window with which find() was called last, or
/// when there are more than kMost. Files of which every key is forgotten are removed. Takes about 200 bytes
/// of memory and 200 of disk for each key. Thread: one at a time.
class KnownDocuments {
 public:
  static constexpr std::size_t kMost = 1'000'000;
  static constexpr std::size_t kLinesInAFile = 65'536;

  explicit KnownDocuments(std::unique_ptr<KeyFiles> files, std::size_t most = kMost)
      : files_(std::move(files)), most_(most) {}

  /// Reads all keys. A line that was written by half is passed over: its record is in the journal.
  [[nodiscard]] Result<void> load();

  /// The document that was stored with this key within the window. Nothing: there is none.
  [[nodiscard]] std::optional<KnownDocument> find(const DocumentKey& key, WallTime now);
  /// Only for a durable record whose key find() does not know.
  void add(const crypto::Digest& key, const KnownDocument& document);
  /// The same of a document that may be known: its line is written once more, into another file, since a sync
  /// of it has failed.
  void add_again(const crypto::Digest& key, const KnownDocument& document);
  /// Writes what was added since. After a failure it is tried again by the next call.
  [[nodiscard]] Result<void> write();

  /// How often a key was forgotten because there were too many, although it was within the window.
  [[nodiscard]] std::uint64_t crowded_out() const { return crowded_out_; }

 private:
  static constexpr std::size_t kIdBytes = 26;

  struct Kept {
    std::array<char, kIdBytes> id;
    crypto::Digest digest;
    std::uint64_t sequence;
    std::int64_t received;  // in microseconds since 1970
  };
  struct File {
    std::uint64_t number;
    std::uint64_t end;  // the keys in it, and in those before it, are the first so many that were remembered
  };
  struct Place {
    crypto::Digest key;
    std::uint64_t sequence;
    std::int64_t received;
  };
  struct Hash {
    std::size_t operator()(const crypto::Digest& key) const {
      std::size_t hash = 0;
      std::memcpy(&hash, key.data(), sizeof hash);
      return hash;
    }
  };

  void read_line(std::string_view line);
  [[nodiscard]] static std::optional<Kept> kept_of(const KnownDocument& document);
  void add_line(const crypto::Digest& key, const Kept& kept);
  /// False: this document is known.
  bool remember(const crypto::Digest& key, const Kept& kept);
  void forget_oldest();
  void remove_unneeded_files();
  [[nodiscard]] Result<void> begin_file();
  [[nodiscard]] std::uint64_t forgotten() const { return remembered_ - order_.size(); }

  std::unique_ptr<KeyFiles> files_;
  std::size_t most_;
  std::unordered_map<crypto::Digest, Kept, Hash> keys_;
  std::deque<Place> order_;       // the oldest first
  std::uint64_t remembered_ = 0;  // ever
  std::uint64_t next_number_ = 1;
  std::deque<File> file_list_;  // the oldest first; the last one is written when is_writing_
  bool is_writing_ = false;     // the last file is ours, and ends behind a whole line
  std::size_t lines_ = 0;       // in it
  std::string unwritten_;       // lines
  std::size_t unwritten_lines_ = 0;
  std::uint64_t crowded_out_ = 0;
};

}  // namespace bobbin::store
