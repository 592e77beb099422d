#include "files/open_file.h"

#include <cerrno>
#include <span>
#include <utility>

#include "os/open_beneath.h"
#include "os/page_cache.h"

namespace bobbin::files {

bool same_content(const os::FileStatus& before, const os::FileStatus& after) {
  if (after.size_bytes != before.size_bytes || after.modified != before.modified) return false;
  // ctime alone has moved: names were added or removed, which leaves the bytes alone; or the file was written
  // to and its mtime set back; or its mode, owner or name changed. The last two cannot be told apart, so both
  // count as a change: a needless retry costs less than a wrong body that nobody notices.
  return after.changed == before.changed || after.links != before.links;
}

Result<OpenFile> OpenFile::open(const os::Root& root, const std::string& path) {
  const WallTime looked_at = wall_now();
  os::Opened opened = TRY(os::open_beneath(root, path));
  return OpenFile(std::move(opened), looked_at, root.files());
}

Result<OpenFile> OpenFile::received(os::Fd fd) {
  const WallTime looked_at = wall_now();
  const os::FileStatus status = TRY(os::status(fd));
  return OpenFile({.fd = std::move(fd), .status = status, .is_leased = false}, looked_at,
                  os::RootFiles::plain);
}

Result<OpenFile> OpenFile::duplicate() const { return OpenFile(TRY(os::duplicate(fd_)), *this); }

Result<void> OpenFile::refresh_status() {
  looked_at_ = wall_now();
  status_ = TRY(os::status(fd_));
  return {};
}

Result<void> OpenFile::wait_for_lease() {
  fd_ = TRY(os::wait_for_lease(fd_));
  is_leased_ = false;
  return refresh_status();
}

Result<std::optional<std::string>> OpenFile::read(const http::ByteRange& range) const {
  if (is_placeholder()) return failure(Error{ENODATA, "read"});
  std::string bytes(range.length, '\0');
  const auto count = os::read_cached_at(fd_.number(), std::as_writable_bytes(std::span(bytes)), range.offset);
  if (!count && count.error().code == EAGAIN) return std::nullopt;
  if (!count) return failure(count.error());
  if (*count != bytes.size() || !unchanged()) return failure(Error{EAGAIN, "read of a file that changes"});
  return bytes;
}

bool OpenFile::unchanged() const {
  const auto now = os::status(fd_);
  return now && same_content(status_, *now);
}

}  // namespace bobbin::files
