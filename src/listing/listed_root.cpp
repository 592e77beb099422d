#include "listing/listed_root.h"

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>
#include <variant>

#include "http/media_type.h"
#include "http/percent_encoding.h"
#include "http/target.h"
#include "os/directory.h"

namespace bobbin::listing {
namespace {

using Kind = os::FileStatus::Kind;

constexpr std::string_view kIndex = "index.html";

std::string join(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : folder + "/" + std::string(name);
}

/// Whether the router lets a request for this name through: it refuses what would be a traversal when it is
/// decoded once more.
bool can_be_asked_for(std::string_view name) {
  if (name.find_first_of("\\%") == std::string_view::npos) return true;
  const std::string target = "/" + http::percent_encode(name, "");
  http::RequestHead head;
  head.target = target;
  return std::holds_alternative<http::Target>(http::parse_target(head, http::PathRules::strict));
}

/// Whether a folder with this failure at its index is one without an index: the file handler answers 404.
bool is_missing(const Error& error) {
  return error.code == ENOENT || error.code == ENOTDIR || error.code == ENAMETOOLONG;
}

}  // namespace

Result<std::shared_ptr<const ListedRoot>> ListedRoot::create(const os::Root& root, ListingSettings settings) {
  return std::shared_ptr<const ListedRoot>(
      new ListedRoot(TRY(root.duplicate(root.links())), std::move(settings)));
}

Result<std::optional<os::Opened>> ListedRoot::open_folder(const std::string& path) const {
  os::Opened opened = TRY(os::open_beneath(root_, path));
  if (opened.status.kind != Kind::directory || is_unlisted(opened.status)) return std::nullopt;
  return opened;
}

bool ListedRoot::is_unlisted(const os::FileStatus& folder) const {
  return settings_.unlisted_folder && settings_.unlisted_folder->device == folder.device &&
         settings_.unlisted_folder->inode == folder.inode;
}

bool ListedRoot::serves_folder(const std::string& path) const {
  const auto status = os::status_beneath(root_, path);
  return status && status->kind == Kind::directory && serves_folder(path, *status);
}

bool ListedRoot::serves_folder(const std::string& path, const os::FileStatus& status) const {
  if (is_unlisted(status)) return false;
  const std::string index = join(path, kIndex);
  const auto at_index = os::status_beneath(root_, index);
  if (!at_index && !is_missing(at_index.error())) return false;
  if (at_index && at_index->kind == Kind::regular)
    return may_show(kIndex, true) && os::may_read(root_.fd(), index);
  return os::may_list(root_.fd(), path).has_value();
}

Result<void, std::string> ListedRoot::still_lists(const std::string& path,
                                                  const os::FileStatus& folder) const {
  const auto now = os::status_beneath(root_, path);
  if (!now) return failure("the folder can no longer be reached: " + now.error().message());
  if (now->device != folder.device || now->inode != folder.inode || now->mount != folder.mount)
    return failure(std::string("another folder has taken its place"));
  const auto allowed = os::may_list(root_.fd(), path);
  if (!allowed) return failure("the folder may no longer be read: " + allowed.error().message());
  return {};
}

std::string ListedRoot::site_path(std::string_view path) const {
  return path.empty() ? settings_.url_path : settings_.url_path + "/" + std::string(path);
}

const ListedRoot* ListedRoot::mount_at(std::string_view path) const {
  if (settings_.mounts.empty()) return nullptr;
  const std::string wanted = site_path(path);
  for (const auto& mount : settings_.mounts)
    if (mount->settings().url_path == wanted) return mount.get();
  return nullptr;
}

std::vector<std::string_view> ListedRoot::mounts_in(const std::string& path) const {
  std::vector<std::string_view> names;
  const std::string folder = site_path(path) + "/";
  for (const auto& mount : settings_.mounts) {
    const std::string_view at = mount->settings().url_path;
    if (at.starts_with(folder) && at.find('/', folder.size()) == std::string_view::npos)
      names.push_back(at.substr(folder.size()));
  }
  return names;
}

/// What a mount is in the folder in which it stands.
std::optional<Entry> ListedRoot::as_entry(std::string_view name) const {
  const auto status = os::status(root_.fd());
  if (!status || !may_show(name, false) || !serves_folder("", *status)) return std::nullopt;
  return Entry{.name = name, .is_folder = true, .modified = status->modified};
}

bool ListedRoot::may_show(std::string_view name, bool is_file) const {
  if (settings_.hidden.hides_name(name) || !can_be_asked_for(name)) return false;
  const auto& types = settings_.allowed_types;
  return !is_file || types.empty() || std::ranges::find(types, http::extension(name)) != types.end();
}

std::optional<Entry> ListedRoot::look_at(const os::Fd& folder, const std::string& path,
                                         std::string_view name) const {
  const std::string own(name);
  const std::string whole = join(path, name);
  if (const ListedRoot* mount = mount_at(whole)) return mount->as_entry(name);
  auto status = os::status_at(folder, own);
  if (status && status->kind == Kind::link) status = os::status_beneath(root_, whole);
  if (!status) return std::nullopt;
  const bool is_folder = status->kind == Kind::directory;
  if (!is_folder && status->kind != Kind::regular) return std::nullopt;
  if (!may_show(name, !is_folder)) return std::nullopt;
  if (is_folder ? !serves_folder(whole, *status) : !os::may_read(folder, own)) return std::nullopt;
  const auto& unlisted = settings_.unlisted_paths;
  if (std::ranges::find(unlisted, site_path(whole)) != unlisted.end()) return std::nullopt;
  return Entry{.name = name,
               .is_folder = is_folder,
               .size_bytes = is_folder ? 0 : status->size_bytes,
               .modified = status->modified};
}

std::optional<Readme> ListedRoot::readme(const os::Fd& folder, const std::string& path) const {
  if (!settings_.shows_readme) return std::nullopt;
  for (const std::string_view name : {"README.md", "README.txt", "README"}) {
    const auto entry = look_at(folder, path, name);
    if (!entry || entry->is_folder) continue;
    const auto file = os::open_beneath(root_, join(path, name));
    if (!file || file->is_leased || file->status.kind != Kind::regular) continue;
    if (root_.is_placeholder(file->status)) {  // it is shown once it is there
      if (settings_.contents != nullptr) settings_.contents->want(join(path, name), file->status);
      continue;
    }
    const std::uint64_t size = file->status.size_bytes;
    std::string text(std::min<std::uint64_t>(size, kMostReadmeBytes), '\0');
    const auto count = os::read_at(file->fd, std::as_writable_bytes(std::span(text)), 0);
    if (!count) continue;
    text.resize(*count);
    return Readme{.name = name, .text = std::move(text), .is_whole = size <= kMostReadmeBytes};
  }
  return std::nullopt;
}

}  // namespace bobbin::listing
