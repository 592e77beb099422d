#include "store/inbox_folders.h"

#include "store/document_name.h"

namespace bobbin::store {

std::unordered_map<std::string, std::string> places_of_records(const os::Fd& directory) {
  std::unordered_map<std::string, std::string> places;
  for (const char* folder : kInboxFolders) {
    const auto open = os::open_directory_at(directory, folder);
    const auto names = open ? os::list(*open) : failure(open.error());
    if (!names) continue;
    for (const std::string& name : *names)
      if (name.size() >= kRecordNameBytes)
        places.emplace(name.substr(name.size() - kRecordNameBytes), std::string(folder) + "/" + name);
  }
  return places;
}

}  // namespace bobbin::store
