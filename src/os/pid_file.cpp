#include "os/pid_file.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

#include "os/call.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/process.h"

namespace bobbin::os {

namespace {

/// Returns the file, locked.
Result<Fd> write_named(const std::string& path) {
  // A name that two processes that write at the same moment do not share.
  const std::string temporary = path + "." + std::to_string(process_number());
  Fd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!file) return last_error("open");
  const Result<bool> locked = try_lock(file);
  Result<void> written = locked ? Result<void>() : failure(locked.error());
  if (written) written = write_all(file, as_bytes(std::to_string(process_number()) + "\n"));
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0) written = last_error("rename");
  if (written) return file;
  ::unlink(temporary.c_str());
  return failure(written.error());
}

}  // namespace

Result<PidFile> PidFile::write(const std::string& path) { return PidFile(path, TRY(write_named(path))); }

Result<void> PidFile::renew() {
  file_ = TRY(write_named(path_));
  return {};
}

PidFile::~PidFile() {
  if (path_.empty()) return;
  const auto named = read_pid_file(path_);
  if (named && named->process == process_number()) ::unlink(path_.c_str());
}

Result<NamedProcess> read_pid_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return last_error("open");
  struct stat found{};
  if (::fstat(file.number(), &found) != 0) return last_error("fstat");
  char text[32];
  const ssize_t size = uninterrupted([&] { return ::read(file.number(), text, sizeof text); });
  if (size < 0) return last_error("read");
  NamedProcess named{.version = found.st_ino ^ (static_cast<std::uint64_t>(found.st_ctim.tv_sec) << 32) ^
                                static_cast<std::uint64_t>(found.st_ctim.tv_nsec)};
  // A lock of this process's own is another opening's, too.
  const Result<bool> lock = try_lock(file);
  named.is_locked = lock && !*lock;
  const std::string_view all(text, static_cast<std::size_t>(size));
  const std::string_view digits = all.substr(0, all.find('\n'));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), named.process);
  if (error != std::errc() || end != digits.data() + digits.size() || named.process < 1)
    return failure(Error{EINVAL, "read"});
  return named;
}

}  // namespace bobbin::os
