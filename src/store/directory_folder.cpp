#include "store/directory_folder.h"

#include <cerrno>
#include <cstddef>
#include <utility>

#include "base/bytes.h"
#include "journal/directory_medium.h"
#include "os/directory.h"
#include "os/file.h"
#include "os/lock.h"
#include "store/device_check.h"
#include "store/document_name.h"
#include "store/file_digest.h"
#include "store/inbox_folders.h"

namespace bobbin::store {
namespace {

// `.bobbin` is for its owner alone, and never served, since its name begins with a dot.
constexpr const char* kOurs = ".bobbin";
constexpr const char* kJournal = ".bobbin/journal";
constexpr const char* kLarge = ".bobbin/large";
constexpr const char* kReplaced = ".bobbin/replaced";

// A journal takes two or three segments of 16 MiB, and up to 256 MiB while a checkpoint is late.
constexpr std::uint64_t kSmallest = 256UL * 1024 * 1024;

class UnnamedFile : public StagedFile {
 public:
  UnnamedFile(os::Fd file, const os::Fd& directory) : file_(std::move(file)), directory_(directory) {}

  Result<void> append(Bytes bytes) override { return os::write_all(file_, bytes); }
  Result<void> sync() override { return os::sync(file_); }
  int descriptor() const override { return file_.number(); }
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
  int descriptor() const override { return file_.number(); }
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
  return os::sync_directory(*above);
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

void DirectoryFolder::disown() {
  if (ownership_ == Ownership::ours) static_cast<void>(os::unlock(directory_));
  ownership_ = Ownership::another_process;
}

Result<void> DirectoryFolder::prepare() {
  moved_.reset();
  if (ownership_ == Ownership::ours) TRY(remove_stale_temporaries(directory_));
  if (!staging_) staging_ = TRY(try_staging(directory_));
  return os::sync_directory(directory_);
}

Result<void> DirectoryFolder::prove() {
  moved_.reset();
  return check_device(directory_);
}

Result<std::unique_ptr<StagedFile>> DirectoryFolder::stage() {
  if (staging() == Staging::unnamed)
    return std::make_unique<UnnamedFile>(TRY(os::create_unnamed(directory_)), directory_);
  std::string temporary = temporary_name();
  os::Fd file = TRY(os::create_named(directory_, temporary));
  return std::make_unique<NamedFile>(std::move(file), directory_, std::move(temporary));
}

Result<void> DirectoryFolder::sync_names() { return os::sync_directory(directory_); }

Result<void> DirectoryFolder::remove(const std::string& name) { return os::remove_file(directory_, name); }

// ---- for a store with a journal ----

Result<std::unique_ptr<journal::Medium>> DirectoryFolder::open_journal(bool make) {
  if (!make) {
    const auto found = os::open_directory_at(directory_, kJournal);
    if (!found && found.error().code == ENOENT) return nullptr;
    if (!found) return failure(found.error());
  }
  for (const char* name : {kOurs, kLarge}) TRY(os::make_private_directory(directory_, name));
  large_ = TRY(os::open_directory_at(directory_, kLarge));
  auto medium = TRY(journal::DirectoryMedium::open(directory_, kJournal));
  const os::Fd ours = TRY(os::open_directory_at(directory_, kOurs));
  TRY(os::sync_directory(ours));
  return medium;
}

Result<void> DirectoryFolder::remove_journal() {
  TRY(remove_hidden_names());
  const os::Fd journal = TRY(os::open_directory_at(directory_, kJournal));
  const auto names = TRY(os::list(journal));
  for (const std::string& name : names) TRY(os::remove_file(journal, name));
  return os::remove_directory(directory_, kJournal);
}

journal::Circumstances DirectoryFolder::circumstances() const {
  const auto boot = os::read_file("/proc/sys/kernel/random/boot_id");
  const auto status = os::status(directory_);
  return {.boot = boot ? boot->substr(0, boot->find('\n')) : "", .mount = status ? status->mount : 0};
}

std::string DirectoryFolder::journal_obstacle() const {
  if (!os::is_failed_sync_reported()) return "before Linux 5.8 the kernel does not report every failed sync";
  const auto system = os::file_system(directory_);
  if (!system) return "the kind of its file system is not known";
  if (system->kind == os::FileSystem::Kind::other)
    return "syncfs is not known to report every failure of its file system; it does so for ext4, xfs, btrfs, "
           "f2fs, zfs, overlay and tmpfs";
  if (system->size_bytes < kSmallest) return "its file system has less than 256 MiB";
  return "";
}

Result<void> DirectoryFolder::sync_everything() { return os::sync_file_system(directory_); }

Result<void> DirectoryFolder::make_inbox_folders() {
  for (const char* name : kInboxFolders) TRY(os::make_private_directory(directory_, name));
  return os::sync_directory(directory_);
}

std::string DirectoryFolder::place_of(const std::string& name) {
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos || os::open_file_at(directory_, name)) return name;
  if (!moved_) moved_ = places_of_records(directory_);
  const auto moved = moved_->find(name.substr(slash + 1));
  return moved == moved_->end() ? name : moved->second;
}

Result<std::optional<crypto::Digest>> DirectoryFolder::digest_of(const std::string& name) {
  const auto file = os::open_file_at(directory_, name);
  if (!file && file.error().code == ENOENT) return std::nullopt;
  if (!file) return failure(file.error());
  return TRY(store::digest_of(*file));
}

Result<void> DirectoryFolder::write_again(const std::string& name, Bytes content) {
  const os::Fd file = TRY(os::open_for_writing_at(directory_, name));
  // A failure of the past is told to the next who syncs the file, and concerns nothing that is written below.
  static_cast<void>(os::sync(file));
  TRY(os::write_at(file, content, 0));
  return os::sync(file);
}

Result<void> DirectoryFolder::set_aside(const std::string& name) {
  TRY(os::make_private_directory(directory_, kReplaced));
  return os::rename_without_replacing(
      directory_, name,
      std::string(kReplaced) + "/" + random_text() + "-" + name.substr(name.rfind('/') + 1));
}

Result<void> DirectoryFolder::sync_hidden_names() { return os::sync_directory(large_); }

Result<void> DirectoryFolder::publish_hidden(const std::string& name) {
  const Result<void> linked = os::link_file(directory_, hidden_name(name), name);
  if (linked || linked.error().code != EPERM) return linked;
  // A file system without hard links.
  return os::rename_without_replacing(directory_, hidden_name(name), name);
}

Result<void> DirectoryFolder::remove_hidden_names() {
  TRY(os::rewind_entries(large_));
  const auto names = TRY(os::list(large_));
  for (const std::string& name : names) TRY(os::remove_file(large_, name));
  return {};
}

}  // namespace bobbin::store
