#include "inbox/transfer.h"

#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <utility>

#include "inbox/text.h"
#include "os/file.h"

namespace bobbin::inbox {
namespace {

/// What was typed: the last folder of a path, where there is one, and the name of the file.
struct Named {
  std::optional<RecordFolder> folder;
  std::string name;
};

/// Nothing: the file is in another folder.
std::optional<Named> named(std::string_view file) {
  const std::size_t slash = file.rfind('/');
  if (slash == std::string_view::npos) return Named{.folder = {}, .name = std::string(file)};
  const std::string_view parent = file.substr(0, slash);
  const auto folder = record_folder_named(parent.substr(parent.rfind('/') + 1));
  if (!folder) return std::nullopt;
  return Named{.folder = folder, .name = std::string(file.substr(slash + 1))};
}

/// A message about a file that is not of the kind that is needed.
auto refused(std::string_view file, std::string_view needed) {
  return failure(fmt::format("\"{}\" is not allowed; {}", printable(file), needed));
}

std::string gone(const RecordFolders& folders, const std::string& what, const std::string& record) {
  const std::string place = folders.where_is(record);
  return fmt::format("{} is not there; {}", what,
                     place.empty() ? "no folder of the inbox has this record"
                                   : fmt::format("the record is in {}", printable(place)));
}

bool exists(const RecordFolders& folders, const RecordPlace& place) {
  return os::status_at(folders.at(place.folder), place.name).has_value();
}

/// The place of an ended record that was named without its folder.
Result<RecordPlace, std::string> look_for(const RecordFolders& folders, const std::string& record) {
  const RecordPlace done{RecordFolder::done, record};
  const RecordPlace failed{RecordFolder::failed, record};
  const bool is_done = exists(folders, done);
  if (is_done && exists(folders, failed))
    return failure(fmt::format("{} and {} are both there; name one of them with its folder", done.text(),
                               failed.text()));
  return is_done ? done : failed;
}

}  // namespace

Result<void, std::string> end_claim(const RecordFolders& folders, const std::string& file, RecordFolder to) {
  constexpr std::string_view kNeeded =
      "the claim of a record is needed, as bobbin inbox next prints it, such as work/NAME.RECORD";
  const auto found = named(file);
  const auto claim = found ? claim_in(found->name) : std::nullopt;
  if (!claim || found->folder.value_or(RecordFolder::claimed) != RecordFolder::claimed)
    return refused(file, kNeeded);
  const RecordPlace place{RecordFolder::claimed, claim->name()};
  if (TRY(folders.settle(place, {to, claim->record}))) return {};
  return failure(gone(folders, place.text(), claim->record));
}

Result<std::string, std::string> replay(const RecordFolders& folders, const std::string& file) {
  constexpr std::string_view kNeeded =
      "a record in done or failed is needed, such as failed/RECORD; bobbin inbox reclaim gives claims back";
  const auto found = named(file);
  const auto folder = found ? found->folder.value_or(RecordFolder::failed) : RecordFolder::claimed;
  if (!found || !is_record_name(found->name) ||
      (folder != RecordFolder::done && folder != RecordFolder::failed))
    return refused(file, kNeeded);
  const RecordPlace place =
      found->folder ? RecordPlace{folder, found->name} : TRY(look_for(folders, found->name));
  if (TRY(folders.settle(place, {RecordFolder::unclaimed, place.name}))) return place.name;
  return failure(gone(folders, found->folder ? place.text() : printable(file), place.name));
}

}  // namespace bobbin::inbox
