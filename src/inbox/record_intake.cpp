#include "inbox/record_intake.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <vector>

#include "base/bytes.h"
#include "inbox/text.h"
#include "os/directory.h"
#include "os/file.h"

namespace bobbin::inbox {
namespace {

/// With the folders of an inbox, and no other process that stores there.
Result<std::unique_ptr<store::DirectoryFolder>> own_store(const std::string& path) {
  auto folder = TRY(store::DirectoryFolder::open(path));
  if (TRY(folder->own()) == store::Ownership::another_process) return nullptr;
  TRY(folder->make_inbox_folders());
  TRY(folder->prepare());
  return folder;
}

std::string new_cannot_be_written(const Error& error) {
  return fmt::format("new cannot be written: {}", reason_of(error));
}

Result<std::unique_ptr<store::StagedFile>> staged(store::DirectoryFolder& folder, std::string_view text) {
  auto file = TRY(folder.stage());
  TRY(file->append(as_bytes(text)));
  TRY(file->sync());
  return file;
}

}  // namespace

Result<RecordIntake, std::string> RecordIntake::open(const std::string& path) {
  auto store = own_store(path);
  if (!store)
    return failure(
        fmt::format("\"{}\" cannot be used as an inbox: {}", printable(path), reason_of(store.error())));
  if (*store == nullptr)
    return failure(
        fmt::format("\"{}\" is in use: another process puts records there, such as bobbin inbox pull or a "
                    "server",
                    printable(path)));
  auto folders = TRY(RecordFolders::open(path));
  auto directory = os::open_directory(path);
  if (!directory) return failure(cannot_be_read(printable(path), directory.error()));
  return RecordIntake(*std::move(store), *std::move(directory), std::move(folders));
}

Result<bool, std::string> RecordIntake::has(const std::string& name) const {
  // In the order in which consumers move records, so that one that is moved meanwhile is found. Moving it
  // back is what an operator does, or a consumer at its start; it would have to be done twice in this moment.
  for (const RecordFolder folder :
       {RecordFolder::unclaimed, RecordFolder::claimed, RecordFolder::done, RecordFolder::failed}) {
    if (folder == RecordFolder::claimed) {
      const auto claims = TRY(folders_.names(folder));
      if (std::ranges::any_of(claims, [&](const std::string& claim) { return claim.ends_with(name); }))
        return true;
      continue;
    }
    const auto status = os::status_at(folders_.at(folder), name);
    if (status) return true;
    if (status.error().code != ENOENT)
      return failure(fmt::format("{} cannot be looked at: {}", RecordPlace{folder, name}.text(),
                                 reason_of(status.error())));
  }
  return false;
}

Result<std::unique_ptr<store::StagedFile>, std::string> RecordIntake::stage(std::string_view text) const {
  return staged(*store_, text).map_error(new_cannot_be_written);
}

Result<void, std::string> RecordIntake::put(const std::string& name, store::StagedFile& file) const {
  if (TRY(has(name))) return {};
  const std::string place = RecordPlace{RecordFolder::unclaimed, name}.text();
  const auto published = file.publish(place);
  // It was moved there by somebody while has() looked for it.
  if (published || published.error().code == EEXIST) return {};
  return failure(fmt::format("{} cannot be written: {}", place, reason_of(published.error())));
}

Result<void, std::string> RecordIntake::sync() {
  return os::sync_directory(folders_.at(RecordFolder::unclaimed)).map_error(new_cannot_be_written);
}

}  // namespace bobbin::inbox
