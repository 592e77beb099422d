#include "store/directory_key_files.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "os/directory.h"
#include "os/file.h"

namespace bobbin::store {
namespace {

constexpr const char* kKeys = ".bobbin/keys";
constexpr std::string_view kKeysEnding = ".keys";

std::string path_of(std::uint64_t number) { return fmt::format("{}/{:010}{}", kKeys, number, kKeysEnding); }

std::optional<std::uint64_t> number_of(std::string_view name) {
  if (!name.ends_with(kKeysEnding)) return std::nullopt;
  name.remove_suffix(kKeysEnding.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

class DirectoryKeyFiles final : public KeyFiles {
 public:
  explicit DirectoryKeyFiles(const os::Fd& folder) : folder_(folder) {}

  Result<std::vector<std::uint64_t>> numbers() override {
    std::vector<std::uint64_t> numbers;
    const auto directory = os::open_directory_at(folder_, kKeys);
    if (!directory && directory.error().code == ENOENT) return numbers;
    if (!directory) return failure(directory.error());
    for (const std::string& name : TRY(os::list(*directory)))
      if (const auto number = number_of(name)) numbers.push_back(*number);
    std::ranges::sort(numbers);
    return numbers;
  }

  Result<std::string> read(std::uint64_t number) override {
    const os::Fd file = TRY(os::open_file_at(folder_, path_of(number)));
    std::string text(TRY(os::status(file)).size_bytes, '\0');
    text.resize(TRY(os::read_at(file, std::as_writable_bytes(std::span(text)), 0)));
    return text;
  }

  Result<void> begin(std::uint64_t number) override {
    TRY(os::make_private_directory(folder_, kKeys));
    file_ = TRY(os::create_private(folder_, path_of(number)));
    return {};
  }

  Result<void> append(std::string_view text) override { return os::write_all(file_, as_bytes(text)); }
  Result<void> remove(std::uint64_t number) override { return os::remove_file(folder_, path_of(number)); }

 private:
  const os::Fd& folder_;
  os::Fd file_;
};

}  // namespace

std::unique_ptr<KeyFiles> key_files_in(const os::Fd& folder) {
  return std::make_unique<DirectoryKeyFiles>(folder);
}

}  // namespace bobbin::store
