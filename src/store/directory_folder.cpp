#include "store/directory_folder.h"

#include <cerrno>
#include <utility>

#include "os/directory.h"
#include "os/file.h"
#include "os/lock.h"
#include "store/document_name.h"

namespace bobbin::store {
namespace {

class UnnamedFile : public StagedFile {
 public:
  UnnamedFile(os::Fd file, const os::Fd& directory) : file_(std::move(file)), directory_(directory) {}

  Result<void> append(Bytes bytes) override { return os::write_all(file_, bytes); }
  Result<void> sync() override { return os::sync(file_); }
  Result<void> publish(const std::string& name) override { return os::link_unnamed(file_, directory_, name); }

 private:
  os::Fd file_;
  const os::Fd& directory_;
};

class NamedFile : public StagedFile {
 public:
  NamedFile(os::Fd file, const os::Fd& directory, std::string temporary)
      : file_(std::move(file)), directory_(directory), temporary_(std::move(temporary)) {}
  NamedFile(const NamedFile&) = delete;
  NamedFile& operator=(const NamedFile&) = delete;
  ~NamedFile() override {
    // What cannot be removed now is removed at the next start.
    if (!published_) static_cast<void>(os::remove_file(directory_, temporary_));
  }

  Result<void> append(Bytes bytes) override { return os::write_all(file_, bytes); }
  Result<void> sync() override { return os::sync(file_); }
  Result<void> publish(const std::string& name) override {
    TRY(os::rename_without_replacing(directory_, temporary_, name));
    published_ = true;
    return {};
  }

 private:
  os::Fd file_;
  const os::Fd& directory_;
  std::string temporary_;
  bool published_ = false;
};

bool is_out_of_space(const Error& error) { return error.code == ENOSPC || error.code == EDQUOT; }

/// The directory that holds `path`'s own entry.
std::string parent(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// Makes the folder when it is missing. Its entry in the parent is synced even when it was there already,
/// since a server that was killed right after making it may not have synced that.
Result<void> make_durable_directory(const std::string& path) {
  const bool made = TRY(os::make_directory(path));
  const Result<os::Fd> above = os::open_directory(parent(path));
  if (!above && !made) return {};  // somebody else has made the folder, in a directory that we may not read
  if (!above) return failure(above.error());
  return os::sync(*above);
}

/// A file that cannot be removed stays: a folder, or another user's file, with such a name is no reason not
/// to start.
Result<void> remove_stale_temporaries(const os::Fd& directory) {
  for (const std::string& name : TRY(os::list(directory)))
    if (is_temporary_name(name)) static_cast<void>(os::remove_file(directory, name));
  return {};
}

/// Finds out how files can be staged here, by making one and naming it: there are file systems that create
/// unnamed files but cannot name them, and systems without /proc. A full disk is no sign that O_TMPFILE is
/// missing, since a file system without it reports that first.
Result<DirectoryFolder::Staging> try_staging(const os::Fd& directory) {
  using Staging = DirectoryFolder::Staging;
  const Result<os::Fd> file = os::create_unnamed(directory);
  if (!file) {
    switch (file.error().code) {
      case EOPNOTSUPP:
      case EISDIR:  // a kernel that does not know O_TMPFILE sees a directory opened for writing
      case ENOENT:
      case EINVAL: return Staging::named;
      default: break;
    }
    if (is_out_of_space(file.error())) return Staging::unnamed;
    return failure(file.error());
  }
  const std::string name = temporary_name();
  const Result<void> linked = os::link_unnamed(*file, directory, name);
  if (!linked) return is_out_of_space(linked.error()) ? Staging::unnamed : Staging::named;
  TRY(os::remove_file(directory, name));
  return Staging::unnamed;
}

}  // namespace

Result<std::unique_ptr<DirectoryFolder>> DirectoryFolder::open(const std::string& path,
                                                               std::optional<Staging> staging) {
  TRY(make_durable_directory(path));
  os::Fd directory = TRY(os::open_directory(path));
  const std::uint64_t device = TRY(os::status(directory)).device;
  return std::unique_ptr<DirectoryFolder>(new DirectoryFolder(path, std::move(directory), device, staging));
}

Result<Ownership> DirectoryFolder::own() {
  const Result<bool> locked = os::try_lock(directory_);
  if (!locked && !os::is_unsupported_lock(locked.error())) return failure(locked.error());
  ownership_ = !locked ? Ownership::unknown : *locked ? Ownership::ours : Ownership::another_process;
  return ownership_;
}

Result<void> DirectoryFolder::prepare() {
  if (ownership_ == Ownership::ours) TRY(remove_stale_temporaries(directory_));
  if (!staging_) staging_ = TRY(try_staging(directory_));
  return os::sync(directory_);
}

Result<std::unique_ptr<StagedFile>> DirectoryFolder::stage() {
  if (staging() == Staging::unnamed)
    return std::make_unique<UnnamedFile>(TRY(os::create_unnamed(directory_)), directory_);
  std::string temporary = temporary_name();
  os::Fd file = TRY(os::create_named(directory_, temporary));
  return std::make_unique<NamedFile>(std::move(file), directory_, std::move(temporary));
}

Result<void> DirectoryFolder::sync_names() { return os::sync(directory_); }

Result<void> DirectoryFolder::remove(const std::string& name) { return os::remove_file(directory_, name); }

}  // namespace bobbin::store
