#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "os/directory.h"

namespace bobbin::store {

/// The folders of an inbox of records, in the manner of Maildir. A consumer claims a record by moving it from
/// the first to the second, as `work/NAME.` and what it was called, and then to one of the last.
inline constexpr const char* kInboxFolders[] = {"new", "work", "done", "failed"};

/// Lets the members of a group take records out: they may move files between these folders, and change
/// nothing else. Files and folders that are made there from now on belong to the group, too. `directory`:
/// that of the inbox, with its folders.
[[nodiscard]] Result<void> share_inbox_folders(const os::Fd& directory, std::uint32_t group);

/// A file in one of the folders of an inbox whose name ends as that of a record does.
struct RecordPlaceName {
  std::string record;  ///< the name that it had in `new`, if it is that of a record
  std::string place;   ///< "work/ME.RECORD"
};
/// All of them. What cannot be looked into holds none. `directory`: that of the inbox.
[[nodiscard]] std::vector<RecordPlaceName> all_places_of_records(const os::Fd& directory);

/// Where the records of an inbox are now, by the names that they had in `new`. Looks into each folder once.
/// What cannot be looked into holds none. `directory`: that of the inbox.
[[nodiscard]] std::unordered_map<std::string, std::string> places_of_records(const os::Fd& directory);

}  // namespace bobbin::store
