#include "store/inbox_folders.h"

#include <utility>

#include "store/document_name.h"

namespace bobbin::store {

Result<void> share_inbox_folders(const os::Fd& directory, std::uint32_t group) {
  // What is made in a directory with the first bit belongs to its group. In the inbox itself nothing may be
  // moved: there is the journal.
  constexpr unsigned kReadable = 02750;
  constexpr unsigned kWritable = 02770;
  for (const char* name : kInboxFolders) {
    const os::Fd folder = TRY(os::open_directory_at(directory, name));
    TRY(os::give_to_group(folder, group, kWritable));
  }
  return os::give_to_group(directory, group, kReadable);
}

std::vector<RecordPlaceName> all_places_of_records(const os::Fd& directory) {
  std::vector<RecordPlaceName> places;
  for (const char* folder : kInboxFolders) {
    const auto open = os::open_directory_at(directory, folder);
    const auto names = open ? os::list(*open) : failure(open.error());
    if (!names) continue;
    for (const std::string& name : *names)
      if (name.size() >= kRecordNameBytes)
        places.push_back({name.substr(name.size() - kRecordNameBytes), std::string(folder) + "/" + name});
  }
  return places;
}

std::unordered_map<std::string, std::string> places_of_records(const os::Fd& directory) {
  std::unordered_map<std::string, std::string> places;
  for (RecordPlaceName& each : all_places_of_records(directory))
    places.emplace(std::move(each.record), std::move(each.place));
  return places;
}

}  // namespace bobbin::store
