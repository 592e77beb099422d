#include "files/file_cache.h"

#include <algorithm>
#include <utility>

#include "files/heap_size.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace bobbin::files {
namespace {

// A place of the doorkeeper for so many bytes: about two for each file that fits.
constexpr std::size_t kBytesPerPlace = 1024;

std::size_t heap_bytes_of(const http::HandlerLogFields& fields) {
  return heap_bytes(fields.subject) + heap_bytes(fields.cause) + heap_bytes(fields.violation);
}

/// What std::make_shared takes: the string lies behind two counters and a vtable.
std::size_t size_bytes(const http::SharedBytes& content) {
  return content == nullptr ? 0 : heap_block_bytes(16 + sizeof(std::string)) + heap_bytes(*content);
}

std::size_t size_bytes(const http::PreparedResponse& response) {
  return heap_block_bytes(sizeof response) + heap_bytes(response.head) +
         heap_block_bytes(response.lines.capacity() * sizeof(http::FieldLine)) +
         heap_bytes(response.content) + size_bytes(response.shared_content) +
         heap_bytes_of(response.log_fields) + heap_bytes(response.detail);
}

std::size_t size_bytes(const CachedFile& file) {
  std::size_t bytes =
      heap_block_bytes(sizeof file) + heap_bytes(file.name) + heap_bytes(file.validators.etag);
  for (const auto& response : file.responses)
    if (response != nullptr) bytes += size_bytes(*response);
  return bytes;
}

/// Strings grow by doubling: what they have too much would be kept for as long as the file.
void shrink(http::PreparedResponse& response) {
  response.head.shrink_to_fit();
  response.content.shrink_to_fit();
  response.detail.shrink_to_fit();
}

}  // namespace

FileKey::FileKey(std::string_view name) : name_(name), hash_(XXH3_64bits(name.data(), name.size())) {}

FileCache::FileCache(StatusSource& source, std::size_t maximum_bytes)
    : source_(source), maximum_bytes_(maximum_bytes), folders_(source) {}

std::size_t FileCache::size_bytes() const {
  const std::size_t doorkeeper_bytes = doorkeeper_ ? heap_block_bytes(doorkeeper_->size_bytes()) : 0;
  return file_bytes_ + folders_.size_bytes() + heap_block_bytes(slots_.size() * sizeof(Slot)) +
         doorkeeper_bytes + MissingFiles::kMaximumBytes;
}

const CachedFile* FileCache::find(const FileKey& key, std::uint64_t round) {
  if (round != round_) begin_round(round);
  Slot* slot = find_slot(key);
  if (slot == nullptr) return nullptr;
  CachedFile& file = *slot->file;
  if (file.round != round) {
    if (!is_fresh(file, round)) {
      forget(*slot);
      return nullptr;
    }
    file.round = round;
    make_room(file);  // its folders may be new
  }
  file.recently_used = true;
  return &file;
}

void FileCache::begin_round(std::uint64_t round) {
  round_ = round;
  if (!source_.mounts_have_changed()) return;
  for (Slot& slot : slots_) forget(slot);
}

bool FileCache::is_fresh(CachedFile& file, std::uint64_t round) {
  const bool looks = file.path && FolderTable::is_worth_looking(*file.path, round);
  if (looks && folders_.is_unchanged(*file.path, round)) {
    const auto now = source_.at(file.name);
    if (!now || now->kind != os::FileStatus::Kind::link) return now && *now == file.status;
  }
  // The folders are looked at before the kernel approves of the path: what changes from then on is seen.
  if (looks || !file.path) file.path = folders_.snapshot(file.name, round);
  const auto now = source_.beneath(file.name);
  return now && *now == file.status;
}

bool FileCache::admits(const FileKey& key, std::size_t bytes) {
  // One file may take a small part only: a few large ones would push everything else out.
  if (maximum_bytes_ == 0 || bytes > maximum_bytes_ / 8) return false;
  if (find_slot(key) != nullptr) return true;
  if (!doorkeeper_) doorkeeper_.emplace(std::max<std::size_t>(maximum_bytes_ / kBytesPerPlace, 64));
  return doorkeeper_->has_seen(key.hash());
}

void FileCache::keep(const FileKey& key, const os::FileStatus& status, const http::Validators& validators,
                     CachedFile::Form form, http::PreparedResponse response, std::uint64_t round) {
  shrink(response);
  const std::size_t bytes = files::size_bytes(response);
  if (bytes > maximum_bytes_ / 8) return;
  Slot* slot = find_slot(key);
  if (slot != nullptr && slot->file->status != status) {
    forget(*slot);
    slot = nullptr;
  }
  CachedFile& file = slot != nullptr ? *slot->file : insert(key, status, validators);
  file.round = round;
  file.responses[static_cast<std::size_t>(form)] =
      std::make_unique<const http::PreparedResponse>(std::move(response));
  file_bytes_ -= file.size_bytes;
  file.size_bytes = files::size_bytes(file);
  file_bytes_ += file.size_bytes;
  make_room(file);
}

CachedFile& FileCache::insert(const FileKey& key, const os::FileStatus& status,
                              const http::Validators& validators) {
  if (slots_.size() <= 2 * files_) grow();
  Slot& slot = place_for(key.hash());
  forget(slot);
  slot.hash = key.hash();
  slot.file = std::make_unique<CachedFile>(
      CachedFile{.name = std::string(key.name()), .status = status, .validators = validators});
  slot.file->validators.etag.shrink_to_fit();
  ++files_;
  return *slot.file;
}

FileCache::Slot* FileCache::find_slot(const FileKey& key) {
  if (slots_.empty()) return nullptr;
  for (std::size_t i = 0; i < kWindow; ++i) {
    Slot& slot = at(key.hash() + i);
    if (slot.hash == key.hash() && slot.file != nullptr && slot.file->name == key.name()) return &slot;
  }
  return nullptr;
}

/// An empty one, else one that was not asked for of late, else any in the window.
FileCache::Slot& FileCache::place_for(std::uint64_t hash) {
  Slot* idle = nullptr;
  for (std::size_t i = 0; i < kWindow; ++i) {
    Slot& slot = at(hash + i);
    if (slot.file == nullptr) return slot;
    if (!slot.file->recently_used) idle = &slot;
  }
  return idle != nullptr ? *idle : at(hash + files_ % kWindow);
}

void FileCache::grow() {
  std::vector<Slot> old(slots_.empty() ? kFirstSlots : 2 * slots_.size());
  old.swap(slots_);
  for (Slot& slot : old) {
    if (slot.file == nullptr) continue;
    Slot& target = place_for(slot.hash);
    forget(target);
    target = std::move(slot);
  }
}

void FileCache::make_room(const CachedFile& spared) {
  while (size_bytes() > maximum_bytes_ && files_ > 1) {
    Slot& slot = at(hand_++);
    if (slot.file == nullptr || slot.file.get() == &spared) continue;
    if (!std::exchange(slot.file->recently_used, false)) forget(slot);
  }
}

void FileCache::forget(Slot& slot) {
  if (slot.file == nullptr) return;
  file_bytes_ -= slot.file->size_bytes;
  --files_;
  slot.file.reset();
}

}  // namespace bobbin::files
