#include "inbox/pull_cursors.h"

#include <cerrno>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/utc_time.h"
#include "inbox/text.h"
#include "json/object.h"
#include "os/directory.h"
#include "os/file.h"

namespace bobbin::inbox {
namespace {

constexpr const char* kFile = "cursors";
constexpr const char* kNewFile = "cursors.new";

/// Nothing: there is no such file.
Result<std::optional<std::string>> text_in(const os::Fd& folder) {
  const auto file = os::open_regular_file_at(folder, kFile);
  if (!file && file.error().code == ENOENT) return std::nullopt;
  if (!file) return failure(file.error());
  return TRY(os::read_open_file(*file));
}

std::optional<std::pair<std::string, PullCursor>> cursor_in(std::string_view line) {
  const auto object = json::Object::parse(line);
  if (!object) return std::nullopt;
  auto folder = object->text("folder");
  auto last = object->text("last");
  const auto at = utc_time_of(object->text("taken").value_or(""));
  if (!folder || !last || !at) return std::nullopt;
  return std::pair(*std::move(folder), PullCursor{.last = *std::move(last), .taken_at = *at});
}

/// Nothing: this is not the first line of such a file.
std::optional<std::string> location_in(std::string_view line) {
  const auto object = json::Object::parse(line);
  return object && object->number("bobbin") == 1 ? object->text("from") : std::nullopt;
}

}  // namespace

std::string PullState::text() const {
  std::string text = "{\"bobbin\":1,";
  append_string(text, "from", location);
  text += "}\n";
  for (const auto& [folder, cursor] : cursors) {
    text += '{';
    append_string(text, "folder", folder);
    text += ',';
    append_string(text, "last", cursor.last);
    text += ',';
    append_string(text, "taken", utc_text(cursor.taken_at));
    text += "}\n";
  }
  return text;
}

Result<PullState, std::string> PullState::parse(std::string_view text) {
  PullState state;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return failure(std::string("its last line is not complete"));
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (number == 1) {
      auto location = location_in(line);
      if (!location) return failure(std::string("its line 1 names no location"));
      state.location = *std::move(location);
      continue;
    }
    auto cursor = cursor_in(line);
    if (!cursor) return failure(fmt::format("its line {} is no cursor", number));
    state.cursors.insert(*std::move(cursor));
  }
  if (state.location.empty()) return failure(std::string("it is empty"));
  return state;
}

Result<PullCursors, std::string> PullCursors::open(const os::Fd& inbox, const std::string& path,
                                                   const std::string& location) {
  const std::string folder_path = fmt::format("{}/{}", path, kFolder);
  const std::string file_path = fmt::format("{}/{}", folder_path, kFile);
  const auto unusable = [](const std::string& of, const std::string& problem) {
    return failure(fmt::format("\"{}\" cannot be used: {}", printable(of), problem));
  };
  if (const auto made = os::make_private_directory(inbox, kFolder); !made)
    return unusable(folder_path, reason_of(made.error()));
  auto folder = os::open_directory_at(inbox, kFolder);
  if (!folder) return unusable(folder_path, reason_of(folder.error()));
  if (const auto synced = os::sync_directory(inbox); !synced)
    return unusable(folder_path, reason_of(synced.error()));
  const auto text = text_in(*folder);
  if (!text) return unusable(file_path, reason_of(text.error()));
  PullState state{.location = location};
  if (*text) {
    auto read = PullState::parse(**text);
    if (!read)
      return unusable(file_path,
                      fmt::format("{}; it says what was taken out of the bucket, and without it every record "
                                  "that is no longer in the inbox would be taken again",
                                  read.error()));
    state = *std::move(read);
  }
  if (state.location != location)
    return failure(fmt::format("\"{}\" has the records of {}, and those of {} need an inbox of their own",
                               printable(path), printable(state.location), location));
  return PullCursors(*std::move(folder), file_path, std::move(state), text->has_value());
}

Result<void, std::string> PullCursors::bind() { return is_bound_ ? Result<void, std::string>() : save(); }

Result<void, std::string> PullCursors::save() {
  TRY(write().map_error([this](const Error& error) {
    return fmt::format("\"{}\" cannot be written: {}", printable(path_), reason_of(error));
  }));
  is_bound_ = true;
  return {};
}

Result<void> PullCursors::write() {
  // One that was killed may have left it.
  const auto removed = os::remove_file(folder_, kNewFile);
  if (!removed && removed.error().code != ENOENT) return failure(removed.error());
  const os::Fd file = TRY(os::create_private(folder_, kNewFile));
  const std::string text = state_.text();
  TRY(os::write_all(file, as_bytes(text)));
  TRY(os::sync(file));
  TRY(os::rename_replacing(folder_, kNewFile, kFile));
  return os::sync_directory(folder_);
}

}  // namespace bobbin::inbox
