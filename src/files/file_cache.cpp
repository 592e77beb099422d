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

// What a file takes beside its content, about.
constexpr std::size_t kOverheadBytes = 1024;

// Among so many slots, half of which are empty, the file that goes is looked for.
constexpr std::size_t kSlotsAtHand = 16;

// Uses are halved whenever so many requests have come for each place of the doorkeeper.
constexpr std::size_t kRequestsPerPlace = 8;

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
  const auto add = [&bytes](const CachedFile::Responses& responses) {
    for (const auto& response : responses)
      if (response != nullptr) bytes += size_bytes(*response);
  };
  add(file.responses);
  if (file.coded_responses == nullptr) return bytes;
  bytes += heap_block_bytes(sizeof *file.coded_responses);
  for (const auto& responses : *file.coded_responses) add(responses);
  return bytes;
}

/// Strings grow by doubling: what they have too much would be kept for as long as the file.
void shrink(http::PreparedResponse& response) {
  response.head.shrink_to_fit();
  response.content.shrink_to_fit();
  response.detail.shrink_to_fit();
}

}  // namespace

void CachedFile::set_response(Form form, http::PreparedResponse response) {
  auto prepared = std::make_unique<const http::PreparedResponse>(std::move(response));
  const auto index = static_cast<std::size_t>(form);
  if (index < responses.size()) {
    responses[index] = std::move(prepared);
  } else {
    if (coded_responses == nullptr) coded_responses = std::make_unique<std::array<Responses, 3>>();
    (*coded_responses)[index / 2 - 1][index % 2] = std::move(prepared);
  }
}

void CachedFile::set_variant(std::uint64_t new_variant) {
  if (variant == new_variant) return;
  variant = new_variant;
  responses = {};
  coded_responses.reset();
  codings = {};
}

FileKey::FileKey(std::string_view name) : name_(name), hash_(XXH3_64bits(name.data(), name.size())) {}

FileCache::FileCache(StatusSource& source, std::size_t maximum_bytes, CacheMeter meter)
    : source_(source), maximum_bytes_(maximum_bytes), meter_(std::move(meter)), folders_(source) {}

std::size_t FileCache::size_bytes() const {
  const std::size_t doorkeeper_bytes = doorkeeper_ ? heap_block_bytes(doorkeeper_->size_bytes()) : 0;
  return file_bytes_ + folders_.size_bytes() + heap_block_bytes(slots_.size() * sizeof(Slot)) +
         doorkeeper_bytes + MissingFiles::kMaximumBytes;
}

const CachedFile* FileCache::find(const FileKey& key, std::uint64_t round) {
  const CachedFile* file = look_up(key, round);
  meter_.count(file != nullptr);
  return file;
}

const CachedFile* FileCache::look_up(const FileKey& key, std::uint64_t round) {
  if (round != round_) begin_round(round);
  count_request();
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
  slot->uses = std::min(slot->uses + 1, Doorkeeper::kMostUses);
  return &file;
}

std::size_t FileCache::places() const { return std::max<std::size_t>(maximum_bytes_ / kBytesPerPlace, 64); }

void FileCache::count_request() {
  if (++requests_ < kRequestsPerPlace * places()) return;
  requests_ = 0;
  for (Slot& slot : slots_) slot.uses /= 2;
  if (doorkeeper_) doorkeeper_->age();
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
  if (!doorkeeper_) doorkeeper_.emplace(places());
  const unsigned uses = doorkeeper_->count(key.hash());
  if (uses < 2) return false;
  if (size_bytes() + bytes + kOverheadBytes <= maximum_bytes_) return true;
  const Slot* victim = least_used_at_hand(nullptr);
  if (victim == nullptr || uses == Doorkeeper::kMostUses || uses >= 2 * (victim->uses + 1)) return true;
  hand_ += kSlotsAtHand;
  return false;
}

void FileCache::keep(const FileKey& key, const os::FileStatus& status, const http::Validators& validators,
                     CachedFile::Form form, http::PreparedResponse response, std::uint64_t round) {
  shrink(response);
  const std::size_t bytes = files::size_bytes(response);
  if (bytes > maximum_bytes_ / 8) return;
  CachedFile& file = entry(key, status, validators, response.variant);
  file.round = round;
  file.set_response(form, std::move(response));
  account_for(file);
}

void FileCache::keep(const FileKey& key, const os::FileStatus& status, const http::Validators& validators,
                     const Codings& codings, std::uint64_t variant, std::uint64_t round) {
  CachedFile& file = entry(key, status, validators, variant);
  file.round = round;
  file.codings = codings;
  account_for(file);
}

CachedFile& FileCache::entry(const FileKey& key, const os::FileStatus& status,
                             const http::Validators& validators, std::uint64_t variant) {
  Slot* slot = find_slot(key);
  const bool is_kept = slot != nullptr && slot->file->status == status;
  if (slot != nullptr && !is_kept) forget(*slot);
  CachedFile& file = is_kept ? *slot->file : insert(key, status, validators);
  file.set_variant(variant);
  return file;
}

void FileCache::account_for(CachedFile& file) {
  const std::size_t bytes_before = file.size_bytes;
  file.size_bytes = files::size_bytes(file);
  add(0, static_cast<std::int64_t>(file.size_bytes) - static_cast<std::int64_t>(bytes_before));
  make_room(file);
}

void FileCache::add(std::int64_t files, std::int64_t bytes) {
  files_ += static_cast<std::size_t>(files);
  file_bytes_ += static_cast<std::size_t>(bytes);
  meter_.add(files, bytes);
}

void FileCache::note_codings(const FileKey& key, const Codings& codings, std::uint64_t variant) {
  Slot* slot = find_slot(key);
  if (slot != nullptr && slot->file->variant == variant) slot->file->codings = codings;
}

CachedFile& FileCache::insert(const FileKey& key, const os::FileStatus& status,
                              const http::Validators& validators) {
  if (slots_.size() <= 2 * files_) grow();
  Slot& slot = place_for(key.hash());
  forget(slot);
  slot.hash = static_cast<std::uint32_t>(key.hash());
  slot.uses = 1;
  slot.file = std::make_unique<CachedFile>(
      CachedFile{.name = std::string(key.name()), .status = status, .validators = validators});
  slot.file->validators.etag.shrink_to_fit();
  add(1, 0);
  return *slot.file;
}

FileCache::Slot* FileCache::find_slot(const FileKey& key) {
  if (slots_.empty()) return nullptr;
  for (std::size_t i = 0; i < kWindow; ++i) {
    Slot& slot = at(key.hash() + i);
    if (slot.hash == static_cast<std::uint32_t>(key.hash()) && slot.file != nullptr &&
        slot.file->name == key.name())
      return &slot;
  }
  return nullptr;
}

/// An empty one, else the least used of the window.
FileCache::Slot& FileCache::place_for(std::uint64_t hash) {
  Slot* least = &at(hash);
  for (std::size_t i = 0; i < kWindow; ++i) {
    Slot& slot = at(hash + i);
    if (slot.file == nullptr) return slot;
    if (slot.uses < least->uses) least = &slot;
  }
  return *least;
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
    if (Slot* slot = least_used_at_hand(&spared)) forget(*slot);
    hand_ += kSlotsAtHand;
  }
}

/// Null when there is none but `spared`, which may be null.
FileCache::Slot* FileCache::least_used_at_hand(const CachedFile* spared) {
  Slot* least = nullptr;
  for (std::size_t i = 0; i < std::min(kSlotsAtHand, slots_.size()); ++i) {
    Slot& slot = at(hand_ + i);
    if (slot.file == nullptr || slot.file.get() == spared) continue;
    if (least == nullptr || slot.uses < least->uses) least = &slot;
  }
  return least;
}

void FileCache::forget(Slot& slot) {
  if (slot.file == nullptr) return;
  add(-1, -static_cast<std::int64_t>(slot.file->size_bytes));
  slot.file.reset();
}

}  // namespace bobbin::files
