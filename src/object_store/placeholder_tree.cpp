#include "object_store/placeholder_tree.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <span>
#include <utility>

#include "os/attributes.h"
#include "os/directory.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/random.h"

namespace bobbin::object_store {
namespace {

constexpr const char* kIncoming = "incoming";
constexpr const char* kListed = "listed";
constexpr std::size_t kLongestPart = 255;
/// How much of content is written to the disk at once while it comes.
constexpr std::uint64_t kWindow = 8ULL << 20;
constexpr std::size_t kLongestName = 2048;

/// Of the names in `incoming` that one process gives.
std::string new_prefix() {
  std::uint64_t number = 0;
  os::fill_random(std::as_writable_bytes(std::span(&number, 1)));
  return fmt::format("{:016x}-", number);
}

bool is_file_name(std::string_view name) {
  if (name.size() > kLongestName || name.find('\0') != std::string_view::npos) return false;
  while (true) {
    const std::size_t end = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, end);
    if (part.empty() || part == "." || part == ".." || part.size() > kLongestPart) return false;
    if (end == name.size()) return true;
    name.remove_prefix(end + 1);
  }
}

using NamedObjects = std::vector<PlaceholderTree::Named>;

NamedObjects::const_iterator find(const NamedObjects& objects, const std::string& name) {
  return std::ranges::lower_bound(objects, name, {}, &PlaceholderTree::Named::name);
}

/// `objects`: in the order of their names.
bool has(const NamedObjects& objects, const std::string& name) {
  const auto found = find(objects, name);
  return found != objects.end() && found->name == name;
}

bool is_folder_of(const NamedObjects& objects, const std::string& name) {
  const auto found = find(objects, name + "/");
  return found != objects.end() && found->name.starts_with(name + "/");
}

/// Whether the fault is that of a name or of a size, and not that of the disk.
bool is_fault_of_object(const Error& error) {
  return error.code == ENAMETOOLONG || error.code == EFBIG || error.code == EISDIR || error.code == ENOTDIR ||
         error.code == EINVAL || error.code == EILSEQ || error.code == E2BIG || error.code == EEXIST ||
         error.code == ENOTEMPTY;
}

/// Takes what no files can be out of `objects`, which are in the order of their names, once each.
PlaceholderTree::LeftOut leave_out(NamedObjects& objects) {
  PlaceholderTree::LeftOut left_out;
  const auto take_out = [&](const auto& is_none) {
    std::erase_if(objects, [&](const PlaceholderTree::Named& each) {
      if (!is_none(each)) return false;
      if (left_out.count++ == 0) left_out.first = each.name;
      return true;
    });
  };
  take_out([](const auto& each) { return !is_file_name(each.name) || each.version.etag.empty(); });
  std::vector<std::string> folders;
  for (const auto& each : objects)
    if (is_folder_of(objects, each.name)) folders.push_back(each.name);
  take_out([&](const auto& each) { return std::ranges::binary_search(folders, each.name); });
  return left_out;
}

}  // namespace

Result<void> PlaceholderTree::make_folders(const std::string& directory) {
  static_cast<void>(TRY(os::make_directory(directory)));
  const os::Fd folder = TRY(os::open_directory(directory));
  for (const char* name : {kTree, kIncoming}) TRY(os::make_private_directory(folder, name));
  const os::Fd incoming = TRY(os::open_directory_at(folder, kIncoming));
  return os::set_attribute(incoming, kEtag, "none");
}

bool PlaceholderTree::is_complete(const std::string& directory) {
  const auto folder = os::open_directory(directory);
  return folder && os::status_at(*folder, kListed);
}

Result<std::unique_ptr<PlaceholderTree>> PlaceholderTree::open(const std::string& directory) {
  os::Fd folder = TRY(os::open_directory(directory));
  os::Fd tree = TRY(os::open_directory_at(folder, kTree));
  os::Fd incoming = TRY(os::open_directory_at(folder, kIncoming));
  return std::unique_ptr<PlaceholderTree>(
      new PlaceholderTree(std::move(folder), std::move(tree), std::move(incoming), new_prefix()));
}

// ---- taking it ----

Result<bool> PlaceholderTree::try_to_own() {
  if (is_owned_) return true;
  if (!TRY(os::try_lock(directory_))) return false;
  const Lock lock(mutex_);
  TRY(remove_incoming());
  known_.clear();
  whole_bytes_ = 0;
  TRY(read_folder("."));
  is_owned_ = true;
  return true;
}

/// What others have left. Files of this process may be under way.
Result<void> PlaceholderTree::remove_incoming() {
  for (const std::string& name : TRY(os::list(incoming_)))
    if (!name.starts_with(prefix_)) TRY(os::remove_file(incoming_, name));
  return {};
}

Result<void> PlaceholderTree::read_folder(const std::string& path) {
  const bool is_top = path == ".";
  std::vector<std::string> names;
  {
    const os::Fd folder = TRY(os::open_directory_at(tree_, path));
    names = TRY(os::list(folder));
  }
  for (const std::string& name : names) {
    const std::string whole = is_top ? name : fmt::format("{}/{}", path, name);
    const auto status = os::status_at(tree_, whole);
    if (!status) continue;
    if (status->kind == os::FileStatus::Kind::directory) {
      TRY(read_folder(whole));
    } else {
      TRY(read_file(whole));
    }
  }
  // One that is empty is of no use; the others refuse.
  if (!is_top) static_cast<void>(os::remove_directory(tree_, path));
  return {};
}

/// What we have not made goes.
Result<void> PlaceholderTree::read_file(const std::string& path) {
  const auto found = look(path);
  if (!found) return os::remove_file(tree_, path);
  note(path, *found);
  return {};
}

// ---- agreeing with a list ----

Result<PlaceholderTree::LeftOut> PlaceholderTree::agree_with(std::vector<Named> objects) {
  std::ranges::sort(objects, {}, &Named::name);
  const auto [first, last] = std::ranges::unique(objects, {}, &Named::name);
  objects.erase(first, last);
  LeftOut left_out = leave_out(objects);

  std::vector<std::string> gone;
  {
    const Lock lock(mutex_);
    for (const auto& [name, found] : known_)
      if (!has(objects, name)) gone.push_back(name);
  }
  // Names first, which may be in the way of folders. The lock is given up in between, for those who wait.
  for (const std::string& name : gone) TRY(remove(name));
  for (const Named& each : objects) {
    const Lock lock(mutex_);
    const auto known = known_.find(each.name);
    if (known != known_.end() && known->second.version.etag == each.version.etag &&
        known->second.version.size_bytes == each.version.size_bytes)
      continue;
    const auto made = put(each.name, each.version);
    if (made) continue;
    if (!is_fault_of_object(made.error())) return failure(made.error());
    if (left_out.count++ == 0) left_out.first = each.name;
  }
  if (!os::status_at(directory_, kListed)) {
    // Whoever finds the note after a power cut finds the tree, too.
    TRY(os::sync_file_system(directory_));
    static_cast<void>(TRY(os::create_named(directory_, kListed)));
  }
  return left_out;
}

// ---- files ----

std::string PlaceholderTree::new_name() { return fmt::format("{}{}", prefix_, ++names_); }

std::optional<PlaceholderTree::Found> PlaceholderTree::look(const std::string& name) const {
  if (!is_file_name(name)) return std::nullopt;
  const auto file = os::open_regular_file_at(tree_, name);
  if (!file) return std::nullopt;
  auto etag = os::attribute(file->number(), kEtag);
  const auto status = os::status(*file);
  if (!etag || !status) return std::nullopt;
  return Found{
      .version = {.etag = *std::move(etag), .size_bytes = status->size_bytes, .modified = status->modified},
      .is_whole = status->is_marked};
}

Result<void> PlaceholderTree::make_parents(const std::string& name) {
  for (std::size_t at = name.find('/'); at != std::string::npos; at = name.find('/', at + 1))
    TRY(os::make_private_directory(tree_, name.substr(0, at)));
  return {};
}

Result<void> PlaceholderTree::put(const std::string& name, const ObjectVersion& version) {
  TRY(make_parents(name));
  const std::string temporary = new_name();
  const os::Fd file = TRY(os::create_named(incoming_, temporary));
  const auto made = [&]() -> Result<void> {
    TRY(os::set_size(file, version.size_bytes));
    TRY(os::set_attribute(file, kEtag, version.etag));
    TRY(os::set_times(file, version.modified, version.modified));
    return os::move_replacing(incoming_, temporary, tree_, name);
  }();
  if (!made) {
    static_cast<void>(os::remove_file(incoming_, temporary));
    return made;
  }
  note(name, {.version = version, .is_whole = false});
  return {};
}

Result<void> PlaceholderTree::put_placeholder(const std::string& name, const ObjectVersion& version) {
  const Lock lock(mutex_);
  return put(name, version);
}

Result<void> PlaceholderTree::remove(const std::string& name) {
  const Lock lock(mutex_);
  return take_away(name);
}

/// With the folders that are empty then.
Result<void> PlaceholderTree::take_away(const std::string& name) {
  forget(name);
  if (const auto removed = os::remove_file(tree_, name);
      !removed && removed.error().code != ENOENT && removed.error().code != ENOTDIR)
    return removed;
  for (std::size_t at = name.rfind('/'); at != std::string::npos && at > 0; at = name.rfind('/', at - 1))
    if (!os::remove_directory(tree_, name.substr(0, at))) break;
  return {};
}

void PlaceholderTree::note(const std::string& name, const Found& found) {
  forget(name);
  known_.insert_or_assign(name, found);
  if (found.is_whole) whole_bytes_ += found.version.size_bytes;
}

void PlaceholderTree::forget(const std::string& name) {
  const auto known = known_.find(name);
  if (known == known_.end()) return;
  if (known->second.is_whole) whole_bytes_ -= known->second.version.size_bytes;
  known_.erase(known);
}

// ---- content ----

Result<std::unique_ptr<PlaceholderTree::Incoming>> PlaceholderTree::begin() {
  std::string name = new_name();
  os::Fd file = TRY(os::create_named(incoming_, name));
  return std::make_unique<Incoming>(*this, std::move(name), std::move(file));
}

PlaceholderTree::Incoming::~Incoming() {
  if (!is_moved_) static_cast<void>(os::remove_file(tree_.incoming_, name_));
}

Result<void> PlaceholderTree::Incoming::append(Bytes piece) {
  TRY(os::write_all(file_, piece));
  size_bytes_ += piece.size();
  // Else all of it would be left for the flush at the end, for which clients wait that have all but a byte.
  for (; size_bytes_ - written_out_ >= kWindow; written_out_ += kWindow)
    TRY(os::write_out(file_, written_out_, kWindow));
  return {};
}

Result<os::Fd> PlaceholderTree::Incoming::open_for_reading() const {
  return os::open_regular_file_at(tree_.incoming_, name_);
}

/// The mark comes when the content is on stable storage: after a power cut there is no file that has the one
/// and not the other.
Result<bool> PlaceholderTree::complete(Incoming& content, const std::string& name,
                                       const ObjectVersion& version) {
  TRY(os::set_attribute(content.file_, kEtag, version.etag));
  TRY(os::sync_content(content.file_));
  TRY(os::set_times(content.file_, wall_now(), version.modified));
  TRY(os::mark(content.file_));
  const Lock lock(mutex_);
  const auto there = look(name);
  if (!there || there->version.etag != version.etag || content.size_bytes_ != version.size_bytes)
    return false;
  TRY(os::move_replacing(incoming_, content.name_, tree_, name));
  content.is_moved_ = true;
  note(name, {.version = version, .is_whole = true});
  return true;
}

std::size_t PlaceholderTree::objects() const {
  const Lock lock(mutex_);
  return known_.size();
}

std::vector<PlaceholderTree::Whole> PlaceholderTree::whole_files() const {
  std::vector<Whole> files;
  const Lock lock(mutex_);
  for (const auto& [name, found] : known_) {
    if (!found.is_whole) continue;
    files.push_back({.name = name,
                     .size_bytes = found.version.size_bytes,
                     .accessed = os::accessed_at(tree_, name).value_or(WallTime())});
  }
  return files;
}

Result<void> PlaceholderTree::drop_content(const std::string& name) {
  const Lock lock(mutex_);
  const auto there = look(name);
  if (!there || !there->is_whole) {
    forget(name);
    if (there) note(name, *there);
    return {};
  }
  return put(name, there->version);
}

}  // namespace bobbin::object_store
