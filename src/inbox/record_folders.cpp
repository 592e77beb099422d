#include "inbox/record_folders.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <iterator>
#include <utility>

#include "inbox/text.h"
#include "inbox/upload_folder.h"
#include "os/directory.h"
#include "os/file.h"
#include "store/document_name.h"
#include "store/inbox_folders.h"

namespace bobbin::inbox {
namespace {

Result<os::Fd, std::string> open_folder_of(const os::Fd& directory, const char* name,
                                           const std::string& path) {
  auto part = os::open_directory_at(directory, name);
  if (part) return *std::move(part);
  if (part.error().code == ENOENT)
    return failure(
        fmt::format("\"{}\" is no inbox, since it has no folder \"{}\"; bobbin makes the folders of an "
                    "[[inbox]] when it starts",
                    printable(path), name));
  return failure(cannot_be_read(printable(path) + "/" + name, part.error()));
}

/// The part of the name that is that of the record.
std::string_view record_of(std::string_view name) {
  return name.substr(name.size() - store::kRecordNameBytes);
}

}  // namespace

const char* name_of(RecordFolder folder) { return store::kInboxFolders[static_cast<std::size_t>(folder)]; }

std::optional<RecordFolder> record_folder_named(std::string_view name) {
  const auto* const found = std::ranges::find(store::kInboxFolders, name);
  if (found == std::end(store::kInboxFolders)) return std::nullopt;
  return static_cast<RecordFolder>(found - std::begin(store::kInboxFolders));
}

std::string RecordPlace::text() const { return std::string(name_of(folder)) + "/" + name; }

bool is_record_place(const RecordPlace& place) {
  return place.folder == RecordFolder::claimed ? claim_in(place.name).has_value()
                                               : is_record_name(place.name);
}

Result<RecordFolders, std::string> RecordFolders::open(const std::string& path) {
  auto directory = os::open_directory(path);
  if (!directory && (directory.error().code == ENOENT || directory.error().code == ENOTDIR))
    return failure(fmt::format("\"{}\" is not allowed; the existing folder of an inbox is needed: {}",
                               printable(path), reason_of(directory.error())));
  if (!directory) return failure(cannot_be_read(printable(path), directory.error()));
  std::array<os::Fd, 4> at;
  static_assert(std::size(store::kInboxFolders) == std::tuple_size_v<decltype(at)>);
  for (std::size_t i = 0; i < at.size(); ++i)
    at[i] = TRY(open_folder_of(*directory, store::kInboxFolders[i], path));
  return RecordFolders(path, *std::move(directory), std::move(at));
}

std::string RecordFolders::path_of(const RecordPlace& place) const {
  return path_ + (path_.ends_with('/') ? "" : "/") + place.text();
}

Result<std::vector<std::string>, std::string> RecordFolders::names(RecordFolder folder) const {
  auto names = TRY(os::list(at(folder)).map_error([&](const Error& error) {
    return cannot_be_read(printable(path_) + "/" + name_of(folder), error);
  }));
  std::erase_if(names, [&](const std::string& name) { return !is_record_place({folder, name}); });
  std::ranges::sort(names, [](const std::string& a, const std::string& b) {
    return std::pair(record_of(a), std::string_view(a)) < std::pair(record_of(b), std::string_view(b));
  });
  return names;
}

Result<os::Fd> RecordFolders::open_file(const RecordPlace& place) const {
  return os::open_regular_file_at(at(place.folder), place.name);
}

Result<void> RecordFolders::move(const RecordPlace& from, const RecordPlace& to) const {
  const os::FileStatus status = TRY(os::status_at(at(from.folder), from.name));
  if (status.kind != os::FileStatus::Kind::regular) return failure(Error{EINVAL, "no regular file"});
  return os::move_without_replacing(at(from.folder), from.name, at(to.folder), to.name);
}

Result<bool, std::string> RecordFolders::settle(const RecordPlace& from, const RecordPlace& to) const {
  const auto moved = move(from, to);
  if (moved) return true;
  if (moved.error().code == ENOENT) return false;
  if (moved.error().code != EEXIST)
    return failure(
        fmt::format("{} cannot be moved to {}: {}", from.text(), to.text(),
                    moved.error().code == EINVAL ? "it is no regular file" : reason_of(moved.error())));
  const auto one = digest_at(at(from.folder), from.name);
  const auto other = digest_at(at(to.folder), to.name);
  if (!one || !other || (*one && *other && **one != **other))
    return failure(fmt::format(
        "{} cannot be moved to {}: a file of this name is there, and its content is another; compare "
        "both, and move one of them elsewhere",
        from.text(), to.text()));
  if (!*one) return false;
  // Whoever has taken the other one away meanwhile has that record; this one stays for the next attempt.
  if (!*other)
    return failure(fmt::format("{} is changed by another program at the same time; try again", to.text()));
  const auto removed = os::remove_file(at(from.folder), from.name);
  if (!removed && removed.error().code != ENOENT)
    return failure(fmt::format("{} cannot be removed: {}", from.text(), reason_of(removed.error())));
  return true;
}

std::string RecordFolders::where_is(const std::string& record) const {
  const auto places = store::places_of_records(directory_);
  const auto place = places.find(record);
  return place == places.end() ? "" : place->second;
}

}  // namespace bobbin::inbox
