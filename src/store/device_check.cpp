#include "store/device_check.h"

#include <cerrno>
#include <cstddef>
#include <string>

#include "base/bytes.h"
#include "os/directory.h"
#include "os/file.h"
#include "os/random.h"
#include "store/document_name.h"

namespace bobbin::store {
namespace {

constexpr std::size_t kBytes = 64UL * 1024;
constexpr std::size_t kOverwritten = 4096;

Result<void> write_and_read(const os::Fd& directory, const std::string& name) {
  std::string content(kBytes, '\0');
  os::fill_random(std::as_writable_bytes(std::span(content)));
  const os::Fd file = TRY(os::create_private(directory, name));
  TRY(os::write_all(file, as_bytes(content)));
  TRY(os::sync(file));
  const auto part = std::span(content).first(kOverwritten);
  os::fill_random(std::as_writable_bytes(part));
  TRY(os::write_at(file, std::as_bytes(part), 0));
  TRY(os::sync_content(file));
  TRY(os::sync_directory(directory));
  if (TRY(os::read_from_device(directory, name, kBytes + 1)) != content)
    return failure(Error{EIO, "reading back what was written"});
  return {};
}

}  // namespace

Result<void> check_device(const os::Fd& directory) {
  const std::string name = temporary_name();
  const Result<void> checked = write_and_read(directory, name);
  const Result<void> removed = os::remove_file(directory, name);
  if (!checked) return checked;
  return removed;
}

}  // namespace bobbin::store
