#include "inbox/upload_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <fmt/format.h>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/bytes.h"
#include "inbox/text.h"
#include "journal/directory_medium.h"
#include "os/directory.h"
#include "os/file.h"
#include "store/document_name.h"
#include "store/file_digest.h"

namespace bobbin::inbox {
namespace {

// More than any segment has, and than all of them together before uploads are refused.
constexpr std::uint64_t kMostSegmentBytes = 64UL * 1024 * 1024;
constexpr std::uint64_t kMostJournalBytes = 1024UL * 1024 * 1024;
constexpr int kReadingAttempts = 20;

auto as_message(const std::string& path) {
  return [path](const Error& error) { return cannot_be_read(path, error); };
}

/// Opens a folder that a journal needs.
Result<os::Fd, std::string> open_part(const os::Fd& parent, const char* name, const std::string& path) {
  auto part = os::open_directory_at(parent, name);
  if (part) return *std::move(part);
  if (part.error().code == ENOENT)
    return failure(
        fmt::format("there is no journal in \"{}\"; bobbin begins one in an inbox or an upload "
                    "folder with the first document (--durability auto or journal)",
                    path));
  return failure(cannot_be_read(path + "/.bobbin" + (name[0] == '.' ? "" : "/journal"), part.error()));
}

/// A name that a journal gives. One that is no name leads nowhere, least of all out of the folder.
Result<void> check_name(const std::string& name) {
  const bool is_name = !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
                       name.find('\0') == std::string::npos;
  return is_name ? Result<void>() : failure(Error{EINVAL, "no name of a file"});
}

Result<std::string> read_all(const os::Fd& file, std::uint64_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  bytes.resize(TRY(os::read_at(file, std::as_writable_bytes(std::span(bytes)), 0)));
  return bytes;
}

/// Most of a segment may be zeros: they are looked at a page at a time first.
void remove_zeros_at_end(std::string& bytes) {
  static constexpr std::array<char, 4096> kZeros{};
  constexpr std::string_view kPage(kZeros.data(), kZeros.size());
  std::string_view rest = bytes;
  while (rest.ends_with(kPage)) rest.remove_suffix(kPage.size());
  bytes.resize(rest.find_last_not_of('\0') + 1);
  bytes.shrink_to_fit();
}

}  // namespace

Result<std::optional<crypto::Digest>> digest_at(const os::Fd& directory, const std::string& name) {
  TRY(check_name(name));
  const auto file = os::open_regular_file_at(directory, name);
  if (!file && file.error().code == ENOENT) return std::nullopt;
  if (!file) return failure(file.error());
  return TRY(store::digest_of(*file));
}

Result<UploadFolder, std::string> UploadFolder::open(const std::string& path) {
  auto directory = os::open_directory(path);
  if (!directory && (directory.error().code == ENOENT || directory.error().code == ENOTDIR))
    return failure(fmt::format("\"{}\" is not allowed; an existing upload folder is needed: {}", path,
                               reason_of(directory.error())));
  if (!directory) return failure(cannot_be_read(path, directory.error()));
  auto ours = TRY(open_part(*directory, ".bobbin", path));
  auto journal = TRY(open_part(ours, "journal", path));
  return UploadFolder(path, *std::move(directory), std::move(ours), std::move(journal));
}

Result<JournalFiles, std::string> UploadFolder::read_journal() const {
  for (int attempt = 0; attempt < kReadingAttempts; ++attempt)
    if (auto files = TRY(try_to_read())) return *std::move(files);
  return failure(fmt::format(
      "the journal in \"{}\" changes faster than it can be read; try again, or read a copy of it", path_));
}

Result<std::optional<JournalFiles>, std::string> UploadFolder::try_to_read() const {
  const auto to_message = as_message(path_ + "/.bobbin/journal");
  TRY(os::rewind_entries(journal_).map_error(to_message));
  JournalFiles files;
  std::vector<std::uint64_t> numbers;
  for (std::string& name : TRY(os::list(journal_).map_error(to_message))) {
    const auto number = journal::segment_number(name);
    if (number && journal::segment_name(*number) == name)
      numbers.push_back(*number);
    else if (!journal::is_prepared_segment(name))
      files.others.push_back(std::move(name));
  }
  std::ranges::sort(numbers);
  std::ranges::sort(files.others);
  std::uint64_t bytes = 0;
  for (const std::uint64_t number : numbers) {
    auto segment = TRY(read_segment(number));
    if (!segment) return std::nullopt;
    bytes += segment->bytes.size();
    if (bytes > kMostJournalBytes)
      return failure(
          fmt::format("\"{}/.bobbin/journal\" is no journal of bobbin's: it has more than {} bytes", path_,
                      kMostJournalBytes));
    files.segments.push_back(*std::move(segment));
  }
  return files;
}

/// Nothing: it has been taken out meanwhile, and perhaps used again.
Result<std::optional<SegmentFile>, std::string> UploadFolder::read_segment(std::uint64_t number) const {
  const std::string name = journal::segment_name(number);
  SegmentFile segment{.number = number};
  const auto file = os::open_regular_file_at(journal_, name);
  if (!file) {
    const int code = file.error().code;
    if (code == ENOENT) return std::nullopt;
    if (code == EACCES) return failure(cannot_be_read(path_ + "/.bobbin/journal/" + name, file.error()));
    const bool is_other = code == EINVAL || code == EISDIR || code == ELOOP || code == ENXIO;
    segment.problem = is_other ? "it is no regular file" : reason_of(file.error());
    return segment;
  }
  const auto status = os::status(*file);
  if (!status) return failure(cannot_be_read(name, status.error()));
  segment.size_bytes = status->size_bytes;
  if (segment.size_bytes > kMostSegmentBytes) {
    segment.problem = fmt::format("it has {} bytes, which is more than any segment", segment.size_bytes);
    return segment;
  }
  auto bytes = read_all(*file, segment.size_bytes);
  if (!bytes) {
    segment.problem = reason_of(bytes.error());
    return segment;
  }
  const auto now = os::status_at(journal_, name);
  if (!now || now->inode != status->inode || now->device != status->device) return std::nullopt;
  remove_zeros_at_end(*bytes);
  segment.bytes = *std::move(bytes);
  return segment;
}

Result<std::vector<std::string>, std::string> UploadFolder::document_names() const {
  TRY(os::rewind_entries(directory_).map_error(as_message(path_)));
  auto names = TRY(os::list(directory_).map_error(as_message(path_)));
  std::erase_if(names, [](const std::string& name) { return !store::is_document_name(name); });
  for (const auto& [name, place] : places_of_records()) names.push_back(std::string(kNewRecords) + name);
  return names;
}

Result<os::Fd> UploadFolder::open_place(const std::string& place) const {
  const std::size_t slash = place.find('/');
  const os::Fd folder = TRY(os::open_directory_at(directory_, place.substr(0, slash)));
  const std::string name = place.substr(slash + 1);
  TRY(check_name(name));
  return os::open_regular_file_at(folder, name);
}

Result<std::optional<crypto::Digest>> UploadFolder::digest_at_place(const std::string& place) const {
  const auto file = open_place(place);
  if (!file && file.error().code == ENOENT) return std::nullopt;
  if (!file) return failure(file.error());
  return TRY(store::digest_of(*file));
}

Result<std::optional<RecordFile>, std::string> UploadFolder::record_at_place(const std::string& place) const {
  const auto file = open_place(place);
  if (!file && file.error().code == ENOENT) return std::nullopt;
  if (!file) return failure(reason_of(file.error()));
  return TRY(read_record_file(*file));
}

Result<std::string> UploadFolder::content_of(const std::string& name, std::uint64_t most_bytes) const {
  TRY(check_name(name));
  const os::Fd file = TRY(os::open_regular_file_at(directory_, name));
  const std::uint64_t size_bytes = TRY(os::status(file)).size_bytes;
  if (size_bytes > most_bytes) return failure(Error{EFBIG, "read"});
  return read_all(file, size_bytes);
}

bool UploadFolder::has_hidden_name(const std::string& name) const {
  return check_name(name) && os::status_at(ours_, "large/" + name).has_value();
}

}  // namespace bobbin::inbox
