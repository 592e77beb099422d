#include "listing/folder_listing.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace bobbin::listing {
namespace {

using Kind = os::FileStatus::Kind;

// A step ends when it has so much text, or has looked at so many names, so that others get their turn.
constexpr std::size_t kTextBytes = 24 * 1024;
constexpr int kPiecesByName = 64;
constexpr int kPiecesByStatus = 8;

/// Times before 1970 come first.
std::uint64_t number_of(const Entry& entry, SortBy by) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  switch (by) {
    case SortBy::name: return 0;
    case SortBy::size: return entry.size_bytes;
    case SortBy::time: return static_cast<std::uint64_t>(entry.modified.time_since_epoch().count()) ^ kSign;
  }
  return 0;
}

}  // namespace

std::unique_ptr<FolderListing> FolderListing::create(std::shared_ptr<const ListedRoot> root, std::string path,
                                                     os::Opened folder, Order order,
                                                     std::unique_ptr<Form> form, std::size_t most_bytes) {
  auto memory = os::Pages::map(most_bytes);
  if (!memory) return nullptr;
  std::unique_ptr<FolderListing> listing(new FolderListing(
      std::move(root), std::move(path), std::move(folder), order, std::move(form), *std::move(memory)));
  return listing->share_.take(kLeastBytes) ? std::move(listing) : nullptr;
}

FolderListing::FolderListing(std::shared_ptr<const ListedRoot> root, std::string path, os::Opened folder,
                             Order order, std::unique_ptr<Form> form, os::Pages memory)
    : root_(std::move(root)),
      path_(std::move(path)),
      folder_(std::move(folder)),
      order_(order),
      form_(std::move(form)),
      share_(root_->budget()),
      mounts_(root_->mounts_in(path_)),
      selection_(std::in_place, order, std::move(memory), root_->budget()) {}

Result<bool, std::string> FolderListing::step(std::string& text) {
  const auto as_message = [](const Error& error) { return error.message(); };
  switch (stage_) {
    case Stage::selecting: TRY(select().map_error(as_message)); break;
    case Stage::writing: TRY(write_selected(text).map_error(as_message)); break;
    case Stage::writing_unsorted: TRY(write_unsorted(text).map_error(as_message)); break;
    case Stage::ended: return false;
  }
  if (stage_ == Stage::ended) end(text);
  // Behind what was found, since all of it may have come of what this finds out.
  TRY(root_->still_lists(path_, folder_.status));
  return stage_ != Stage::ended;
}

Result<void> FolderListing::select() {
  if (std::exchange(pass_begins_, false))
    for (const std::string_view name : mounts_) offer_as_it_is(name);
  const int pieces = order_.by == SortBy::name ? kPiecesByName : kPiecesByStatus;
  for (int piece = 0; piece < pieces; ++piece)
    if (!TRY(os::read_entries(folder_.fd, [this](const os::DirectoryEntry& found) { offer(found); })))
      return end_pass();
  return {};
}

void FolderListing::offer(const os::DirectoryEntry& found) {
  const bool is_file = found.kind == Kind::regular;
  if (found.kind == Kind::other || !root_->may_show(found.name, is_file) || is_mount(found.name)) return;
  if (order_.by == SortBy::name && (is_file || found.kind == Kind::directory))
    return selection_->offer({.name = found.name, .is_folder = !is_file});
  offer_as_it_is(found.name);
}

void FolderListing::offer_as_it_is(std::string_view name) {
  if (const auto entry = root_->look_at(folder_.fd, path_, name))
    selection_->offer({.name = name, .is_folder = entry->is_folder, .number = number_of(*entry, order_.by)});
}

bool FolderListing::is_mount(std::string_view name) const {
  return std::ranges::find(mounts_, name) != mounts_.end();
}

Result<void> FolderListing::end_pass() {
  const std::size_t most = order_.by == SortBy::name ? kMostPassesByName : kMostPassesByStatus;
  if (std::exchange(is_first_pass_, false) && selection_->expected_passes() > most) {
    selection_.reset();
    stage_ = Stage::writing_unsorted;
    says_unsorted_ = true;
    return os::rewind_entries(folder_.fd);
  }
  selection_->end_pass();
  stage_ = Stage::writing;
  return {};
}

Result<void> FolderListing::write_selected(std::string& text) {
  const std::size_t enough = text.size() + kTextBytes;
  while (text.size() < enough) {
    if (const auto next = selection_->next()) {
      write(text, next->name);
      continue;
    }
    if (!selection_->left_some()) {
      selection_.reset();
      stage_ = Stage::ended;
      return {};
    }
    selection_->begin_next_pass();
    pass_begins_ = true;
    stage_ = Stage::selecting;
    return os::rewind_entries(folder_.fd);
  }
  return {};
}

Result<void> FolderListing::write_unsorted(std::string& text) {
  if (std::exchange(says_unsorted_, false)) {
    form_->unsorted(text);
    for (const std::string_view name : mounts_) write(text, name);
  }
  const auto write_found = [this, &text](const os::DirectoryEntry& found) {
    if (root_->may_show(found.name, found.kind == Kind::regular) && !is_mount(found.name))
      write(text, found.name);
  };
  const std::size_t enough = text.size() + kTextBytes;
  while (text.size() < enough)
    if (!TRY(os::read_entries(folder_.fd, write_found))) {
      stage_ = Stage::ended;
      return {};
    }
  return {};
}

void FolderListing::write(std::string& text, std::string_view name) {
  const auto entry = root_->look_at(folder_.fd, path_, name);
  if (!entry) return;
  form_->entry(text, *entry, totals_);
  ++(entry->is_folder ? totals_.folders : totals_.files);
  totals_.bytes += entry->size_bytes;
}

void FolderListing::end(std::string& text) const {
  form_->totals(text, totals_);
  if (form_->shows_readme())
    if (const auto readme = root_->readme(folder_.fd, path_)) form_->readme(text, *readme);
  form_->end(text);
}

}  // namespace bobbin::listing
