#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "crypto/sha256.h"
#include "inbox/record_file.h"
#include "os/fd.h"
#include "store/inbox_folders.h"

namespace bobbin::inbox {

/// What the name of a record of an inbox begins with in the journal: the folder in which it appears.
inline constexpr std::string_view kNewRecords = "new/";

/// The file of a segment.
struct SegmentFile {
  std::uint64_t number = 0;  ///< by its name
  std::uint64_t size_bytes = 0;
  std::string bytes;    ///< without the zeros at its end
  std::string problem;  ///< why it could not be read; empty: it was
};

/// All that is in the folder of a journal, as it was at one moment.
struct JournalFiles {
  std::vector<SegmentFile> segments;  ///< in the order of their numbers
  std::vector<std::string> others;    ///< names of files that bobbin does not make there
};

/// The SHA-256 of a file in the directory. Nothing: there is none of this name. A symbolic link is not
/// followed; EINVAL for what is no regular file or no name.
[[nodiscard]] Result<std::optional<crypto::Digest>> digest_at(const os::Fd& directory,
                                                              const std::string& name);

/// An upload folder that is only looked at. Nothing is written and no lock is taken, so a server may be at
/// work in it. No symbolic link within the folder is followed, and nothing but a regular file is read.
/// Errors are messages. Thread: one at a time.
class UploadFolder {
 public:
  /// Follows links to the folder itself: the operator named it. Fails where there is no journal.
  [[nodiscard]] static Result<UploadFolder, std::string> open(const std::string& path);

  [[nodiscard]] const std::string& path() const { return path_; }
  /// Reads every segment. A server that takes segments out meanwhile is no obstacle.
  [[nodiscard]] Result<JournalFiles, std::string> read_journal() const;
  /// The names of all files that are named as stored documents are.
  [[nodiscard]] Result<std::vector<std::string>, std::string> document_names() const;

  [[nodiscard]] Result<std::optional<crypto::Digest>> digest_of(const std::string& name) const {
    return digest_at(directory_, name);
  }
  /// Where the records of an inbox are now: see store::places_of_records. Empty for an upload folder.
  [[nodiscard]] std::unordered_map<std::string, std::string> places_of_records() const {
    return store::places_of_records(directory_);
  }
  /// The same with every place of each.
  [[nodiscard]] std::vector<store::RecordPlaceName> all_places_of_records() const {
    return store::all_places_of_records(directory_);
  }
  /// Of a record at one of these places.
  [[nodiscard]] Result<std::optional<crypto::Digest>> digest_at_place(const std::string& place) const;
  /// What is in the file of a record at one of these places. Nothing: it is not there any more. The error
  /// says why it is not whole, or cannot be read.
  [[nodiscard]] Result<std::optional<RecordFile>, std::string> record_at_place(
      const std::string& place) const;
  /// The content of a file of at most `most_bytes`; EFBIG when there is more.
  [[nodiscard]] Result<std::string> content_of(const std::string& name, std::uint64_t most_bytes) const;
  /// Whether a large document has the hidden name that it keeps until the next checkpoint.
  [[nodiscard]] bool has_hidden_name(const std::string& name) const;

 private:
  /// ENOENT: it is not there any more.
  [[nodiscard]] Result<os::Fd> open_place(const std::string& place) const;
  UploadFolder(std::string path, os::Fd directory, os::Fd ours, os::Fd journal)
      : path_(std::move(path)),
        directory_(std::move(directory)),
        ours_(std::move(ours)),
        journal_(std::move(journal)) {}
  /// Nothing: the files have changed meanwhile.
  [[nodiscard]] Result<std::optional<JournalFiles>, std::string> try_to_read() const;
  [[nodiscard]] Result<std::optional<SegmentFile>, std::string> read_segment(std::uint64_t number) const;

  std::string path_;
  os::Fd directory_;
  os::Fd ours_;  // .bobbin
  os::Fd journal_;
};

}  // namespace bobbin::inbox
