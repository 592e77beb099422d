#include "feed/record_files.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "os/file.h"
#include "store/document_name.h"
#include "store/inbox_folders.h"

namespace bobbin::feed {
namespace {

// More than the file of any record has: its document has 4 MiB at most, and what stands before it is bounded.
constexpr std::uint64_t kMostRecordBytes = 8UL * 1024 * 1024;

// In `work` a name has that of its consumer in front.
constexpr std::size_t kWork = 1;

// A consumer may move a file from a folder that is looked at later to one that was looked at before.
constexpr int kLooks = 3;

/// Whether there is nothing of this name, or something that is no file: what the disk does not give now is
/// something else.
bool is_no_record(const Error& error) {
  return error.code == ENOENT || error.code == EISDIR || error.code == EINVAL || error.code == ELOOP;
}

}  // namespace

std::unique_ptr<const WholeRecord> WholeRecord::of(std::string entry) {
  std::unique_ptr<WholeRecord> whole(new WholeRecord(std::move(entry)));
  auto read = journal::read_entry(whole->entry_);
  if (!read || read->size != whole->entry_.size()) return nullptr;
  const auto* record = std::get_if<journal::Record>(&read->entry.content);
  if (record == nullptr || !record->has_body || !record->is_whole_file) return nullptr;
  whole->read_ = *std::move(read);
  return whole;
}

Result<std::unique_ptr<RecordFiles>> RecordFiles::open(const std::string& directory) {
  const os::Fd inbox = TRY(os::open_directory(directory));
  std::array<os::Fd, 4> folders;
  static_assert(std::size(store::kInboxFolders) == std::tuple_size_v<decltype(folders)>);
  for (std::size_t i = 0; i < folders.size(); ++i)
    folders[i] = TRY(os::open_directory_at(inbox, store::kInboxFolders[i]));
  return std::unique_ptr<RecordFiles>(new RecordFiles(std::move(folders)));
}

Result<void> RecordFiles::each_name(std::size_t folder,
                                    const std::function<void(std::string_view name)>& visit) const {
  // A descriptor of its own, since a directory is read from where it was left.
  const os::Fd directory = TRY(os::open_directory_at(folders_[folder], "."));
  const auto take = [&](const os::DirectoryEntry& entry) { visit(entry.name); };
  while (TRY(os::read_entries(directory, take))) {
  }
  return {};
}

Result<std::optional<os::Fd>> RecordFiles::find_once(const std::string& name) const {
  const auto open = [](const os::Fd& folder, const std::string& file) -> Result<std::optional<os::Fd>> {
    auto opened = os::open_regular_file_at(folder, file);
    if (!opened && is_no_record(opened.error())) return std::nullopt;
    if (!opened) return failure(opened.error());
    return *std::move(opened);
  };
  for (std::size_t i = 0; i < folders_.size(); ++i) {
    if (i == kWork) continue;
    if (auto found = TRY(open(folders_[i], name))) return found;
  }
  std::string claim;
  TRY(each_name(kWork, [&](std::string_view claimed) {
    if (claimed.ends_with(name)) claim = claimed;
  }));
  return claim.empty() ? Result<std::optional<os::Fd>>(std::nullopt) : open(folders_[kWork], claim);
}

Result<std::optional<os::Fd>> RecordFiles::find(const std::string& name) const {
  for (int look = 0; look < kLooks; ++look)
    if (auto found = TRY(find_once(name))) return found;
  return std::nullopt;
}

Result<std::vector<PackedName>> RecordFiles::names() const {
  std::vector<PackedName> names;
  for (int look = 0; look < kLooks; ++look) {
    for (std::size_t i = 0; i < folders_.size(); ++i)
      TRY(each_name(i, [&](std::string_view name) {
        if (i == kWork && name.size() > store::kRecordNameBytes)
          name.remove_prefix(name.size() - store::kRecordNameBytes);
        if (const auto packed = PackedName::of(name)) names.push_back(*packed);
      }));
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
  }
  return names;
}

Result<std::unique_ptr<const WholeRecord>> read_whole(const os::Fd& file) {
  const os::FileStatus status = TRY(os::status(file));
  if (status.size_bytes > kMostRecordBytes) return nullptr;
  std::string entry(status.size_bytes + 1, journal::kEntryBegin);
  const std::size_t count = TRY(os::read_at(file, std::as_writable_bytes(std::span(entry).subspan(1)), 0));
  entry.resize(count + 1);
  return WholeRecord::of(std::move(entry));
}

Result<std::optional<journal::RecordPosition>> read_position(const os::Fd& file, std::string& buffer) {
  buffer.resize(journal::kRecordPositionBytes);
  const std::size_t count = TRY(os::read_at(file, std::as_writable_bytes(std::span(buffer)), 0));
  return journal::position_of_record(std::string_view(buffer).substr(0, count));
}

}  // namespace bobbin::feed
