#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "inbox/record_name.h"
#include "os/fd.h"

namespace bobbin::inbox {

/// The folders of an inbox, in the order of store::kInboxFolders.
enum class RecordFolder : std::uint8_t {
  unclaimed,  ///< new
  claimed,    ///< work
  done,
  failed,
};
[[nodiscard]] const char* name_of(RecordFolder folder);
[[nodiscard]] std::optional<RecordFolder> record_folder_named(std::string_view name);

/// A file in one of them.
struct RecordPlace {
  RecordFolder folder = RecordFolder::unclaimed;
  std::string name;
  [[nodiscard]] std::string text() const;  ///< "new/20261128T133608.020353Z-….json"
  friend bool operator==(const RecordPlace&, const RecordPlace&) = default;
};
/// Whether a file of this name may be in this folder of an inbox.
[[nodiscard]] bool is_record_place(const RecordPlace& place);

/// The open folders of an inbox, for consumers beside a server and beside each other. Nothing is written but
/// names: a record is moved by one rename, which one of several consumers wins. Neither a symbolic link
/// within the inbox is followed, nor anything touched whose name is not that of a record or of a claim.
/// Errors are messages unless they are Error. Thread: one at a time.
class RecordFolders {
 public:
  /// Follows links to the folder itself: the operator named it. Fails where it has not all of the folders.
  [[nodiscard]] static Result<RecordFolders, std::string> open(const std::string& path);

  [[nodiscard]] const os::Fd& at(RecordFolder folder) const { return at_[static_cast<std::size_t>(folder)]; }
  /// The path of a file there, beginning as the path of the inbox was given.
  [[nodiscard]] std::string path_of(const RecordPlace& place) const;
  /// The names of the records or claims in a folder, the oldest record first.
  [[nodiscard]] Result<std::vector<std::string>, std::string> names(RecordFolder folder) const;
  /// For reading. EISDIR or EINVAL for what is no regular file; ELOOP for a symbolic link.
  [[nodiscard]] Result<os::Fd> open_file(const RecordPlace& place) const;

  /// ENOENT: it is not there any more; EEXIST when `to` is taken; EINVAL for what is no regular file.
  [[nodiscard]] Result<void> move(const RecordPlace& from, const RecordPlace& to) const;
  /// The same; where `to` is taken by a file with the same content, `from` is removed instead. So it can be
  /// repeated after an interruption, and after a power cut has left both names. False: `from` is not there.
  [[nodiscard]] Result<bool, std::string> settle(const RecordPlace& from, const RecordPlace& to) const;
  /// Where the record is at present; empty: in none of the folders.
  [[nodiscard]] std::string where_is(const std::string& record) const;

 private:
  RecordFolders(std::string path, os::Fd directory, std::array<os::Fd, 4> at)
      : path_(std::move(path)), directory_(std::move(directory)), at_(std::move(at)) {}

  std::string path_;
  os::Fd directory_;
  std::array<os::Fd, 4> at_;
};

}  // namespace bobbin::inbox
