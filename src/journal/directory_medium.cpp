#include "journal/directory_medium.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>

#include "os/directory.h"
#include "os/file.h"

namespace bobbin::journal {
namespace {

constexpr std::string_view kSegmentEnding = ".segment";
constexpr const char* kSpares[] = {"spare", "spare-2"};
constexpr const char* kNew = "new";      // of prepare()
constexpr const char* kAhead = "ahead";  // of make_spare()

class File final : public SegmentFile {
 public:
  explicit File(os::Fd file) : file_(std::move(file)) {}
  [[nodiscard]] Result<void> write(std::uint64_t offset, Bytes bytes) override {
    return os::write_at(file_, bytes, offset);
  }
  [[nodiscard]] Result<void> flush() override { return os::sync_content(file_); }

 private:
  os::Fd file_;
};

/// Written with zeros, not only reserved: else each flush would have to write which parts hold data, too. The
/// size comes first, since XFS reserves as much again for a file that grows.
Result<void> fill_with_zeros(const os::Fd& file, std::uint64_t size_bytes) {
  static constexpr std::array<std::byte, 256UL * 1024> kZeros{};
  TRY(os::set_size(file, size_bytes));
  for (std::uint64_t done = 0; done < size_bytes; done += kZeros.size())
    TRY(os::write_all(file, Bytes(kZeros).first(std::min<std::uint64_t>(kZeros.size(), size_bytes - done))));
  return os::sync(file);
}

/// Whether spare files take nothing away from what there is to be stored.
bool has_plenty_of_space(const os::Fd& directory, std::uint64_t size_bytes) {
  constexpr std::uint64_t kPlenty = 64;
  const auto system = os::file_system(directory);
  return system && system->free_bytes / kPlenty >= size_bytes;
}

Result<void> remove_if_there(const os::Fd& directory, const char* name) {
  const auto removed = os::remove_file(directory, name);
  return removed || removed.error().code == ENOENT ? Result<void>() : removed;
}

Result<os::Fd> make_file(const os::Fd& directory, const char* name, std::uint64_t size_bytes) {
  TRY(remove_if_there(directory, name));
  os::Fd file = TRY(os::create_private(directory, name));
  if (const auto filled = fill_with_zeros(file, size_bytes); !filled) {
    static_cast<void>(os::remove_file(directory, name));  // a full disk gets its space back
    return failure(filled.error());
  }
  return file;
}

}  // namespace

std::string segment_name(std::uint64_t number) { return fmt::format("{:010}{}", number, kSegmentEnding); }

std::optional<std::uint64_t> segment_number(std::string_view name) {
  if (!name.ends_with(kSegmentEnding)) return std::nullopt;
  name.remove_suffix(kSegmentEnding.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

bool is_prepared_segment(std::string_view name) {
  return name == kNew || name == kAhead || std::ranges::find(kSpares, name) != std::end(kSpares);
}

Result<std::unique_ptr<DirectoryMedium>> DirectoryMedium::open(const os::Fd& parent,
                                                               const std::string& path) {
  TRY(os::make_private_directory(parent, path));
  os::Fd directory = TRY(os::open_directory_at(parent, path));
  TRY(os::sync_directory(parent));
  static_cast<void>(os::remove_file(directory, kAhead));  // of a process that has ended meanwhile
  return std::unique_ptr<DirectoryMedium>(new DirectoryMedium(std::move(directory)));
}

Result<std::vector<std::uint64_t>> DirectoryMedium::segments() {
  TRY(os::rewind_entries(directory_));
  std::vector<std::uint64_t> numbers;
  for (const std::string& name : TRY(os::list(directory_)))
    if (const auto number = segment_number(name)) numbers.push_back(*number);
  std::ranges::sort(numbers);
  return numbers;
}

Result<std::string> DirectoryMedium::read(std::uint64_t number) {
  const os::Fd file = TRY(os::open_file_at(directory_, segment_name(number)));
  std::string bytes(TRY(os::status(file)).size_bytes, '\0');
  bytes.resize(TRY(os::read_at(file, std::as_writable_bytes(std::span(bytes)), 0)));
  return bytes;
}

Result<std::unique_ptr<SegmentFile>> DirectoryMedium::prepare(std::uint64_t size_bytes) {
  size_bytes_ = size_bytes;
  for (const char* name : kSpares) {
    auto spare = os::open_for_writing_at(directory_, name);
    if (!spare) continue;
    const std::uint64_t has_bytes = TRY(os::status(*spare)).size_bytes;
    if (has_bytes == size_bytes) {
      prepared_ = name;
      return std::make_unique<File>(*std::move(spare));
    }
    TRY(os::remove_file(directory_, name));
  }
  os::Fd file = TRY(make_file(directory_, kNew, size_bytes));
  prepared_ = kNew;
  return std::make_unique<File>(std::move(file));
}

void DirectoryMedium::make_spare(std::uint64_t size_bytes) {
  for (const char* name : kSpares)
    if (os::open_file_at(directory_, name)) return;
  if (!has_plenty_of_space(directory_, size_bytes)) return;
  // What cannot be made now is made by prepare(), which says what is in its way.
  if (!make_file(directory_, kAhead, size_bytes)) return;
  for (const char* name : kSpares)
    if (os::rename_without_replacing(directory_, kAhead, name)) return;
  static_cast<void>(os::remove_file(directory_, kAhead));  // segments were retired meanwhile
}

Result<void> DirectoryMedium::install(std::uint64_t number) {
  TRY(os::rename_without_replacing(directory_, prepared_, segment_name(number)));
  return os::sync_directory(directory_);
}

/// A checkpoint of a busy journal retires several segments at once. Those that are kept need not be filled
/// with zeros again, for which documents would have to wait.
Result<void> DirectoryMedium::retire(std::uint64_t number) {
  const std::string name = segment_name(number);
  for (const char* spare : kSpares) {
    if (spare != kSpares[0] && !has_plenty_of_space(directory_, size_bytes_)) break;
    if (os::rename_without_replacing(directory_, name, spare)) return {};
  }
  return os::remove_file(directory_, name);
}

Result<void> DirectoryMedium::remove_spares() {
  for (const char* spare : kSpares) TRY(remove_if_there(directory_, spare));
  return {};
}

}  // namespace bobbin::journal
