#include "http/http1/response_cache.h"

#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace bobbin::http::http1 {
namespace {

constexpr std::string_view kEmptyLine = "\r\n\r\n";

// Up to here copying the content behind its head is cheaper than a second piece for the kernel.
constexpr std::size_t kCopiedBytes = 4096;

// Of so many newcomers one is admitted while the memory is full: soon enough for a file that has become
// popular.
constexpr std::uint64_t kNewcomers = 8;

std::uint64_t hash_of(std::string_view request) { return XXH3_64bits(request.data(), request.size()); }

}  // namespace

CachedResponse::CachedResponse(std::string_view request, const Endpoint& local, std::string_view front,
                               std::string_view content)
    : request_bytes_(request.size()), front_bytes_(front.size()), local_(local) {
  const bool is_copied = content.size() <= kCopiedBytes;
  text_.reserve(request.size() + front.size() + (is_copied ? content.size() : 0));
  text_.append(request).append(front);
  if (is_copied)
    text_.append(content);
  else
    shared_content_ = std::make_shared<const std::string>(content);
}

std::size_t CachedResponse::footprint_bytes() const {
  std::size_t bytes = sizeof *this + text_.capacity();
  if (shared_content_ != nullptr) bytes += sizeof(std::string) + shared_content_->capacity();
  if (texts != nullptr)
    bytes += sizeof *texts + texts->request_line.size() + texts->host.size() + texts->referer.size() +
             texts->user_agent.size() + texts->detail.size() + texts->notes.subject.size();
  return bytes;
}

ResponseCache::ResponseCache(std::size_t maximum_bytes) : maximum_bytes_(maximum_bytes) {}

ResponseCache::Slot* ResponseCache::find_slot(std::string_view request, const Endpoint& local) {
  const std::uint64_t hash = hash_of(request);
  for (std::size_t i = 0; i < kWindow; ++i) {
    Slot& slot = at(hash + i);
    if (slot.hash == hash && slot.answer != nullptr && slot.answer->request() == request &&
        slot.answer->local() == local)
      return &slot;
  }
  return nullptr;
}

const CachedResponse* ResponseCache::find(std::string_view input, const Endpoint& local) {
  if (answers_ == 0) return nullptr;
  // Where a head ends is the parser's business, but one that was remembered ended at its first empty line.
  // Looking for that costs more than the rest, so the end of the last one is tried first: these bytes, if
  // they are remembered, are a head.
  Slot* found = nullptr;
  const std::string_view guess = input.substr(0, last_request_bytes_);
  if (guess.size() == last_request_bytes_ && guess.ends_with(kEmptyLine)) found = find_slot(guess, local);
  if (found == nullptr) {
    const std::size_t end = input.find(kEmptyLine);
    if (end == std::string_view::npos) return nullptr;
    found = find_slot(input.substr(0, end + kEmptyLine.size()), local);
  }
  if (found == nullptr) return nullptr;
  CachedResponse& answer = *found->answer;
  if (answer.round != arrivals_) {
    if (!answer.revalidator->is_fresh()) {
      forget(*found);
      return nullptr;
    }
    answer.round = arrivals_;
  }
  last_request_bytes_ = answer.request().size();
  return &answer;
}

bool ResponseCache::admits(std::size_t bytes) {
  if (bytes > largest_answer_bytes()) return false;
  return bytes_ + bytes <= maximum_bytes_ || ++newcomers_ % kNewcomers == 0;
}

void ResponseCache::remember(CachedResponse answer) {
  const std::size_t size = answer.footprint_bytes();
  const std::size_t content_bytes =
      answer.shared_content() != nullptr ? answer.shared_content()->size() : answer.content().size();
  if (content_bytes > kMaximumContentBytes || size > largest_answer_bytes()) return;
  if (Slot* old = slots_.empty() ? nullptr : find_slot(answer.request(), answer.local())) forget(*old);
  if (slots_.size() <= 2 * answers_) grow();
  // Round and round rather than by age: no list to keep, and what is in use comes back with its next request.
  for (; bytes_ + size > maximum_bytes_; ++next_displaced_) forget(at(next_displaced_));
  const std::uint64_t hash = hash_of(answer.request());
  Slot& slot = place_for(hash);
  forget(slot);
  slot = {hash, std::make_unique<CachedResponse>(std::move(answer))};
  bytes_ += size;
  ++answers_;
}

ResponseCache::Slot& ResponseCache::place_for(std::uint64_t hash) {
  for (std::size_t i = 0; i < kWindow; ++i)
    if (at(hash + i).answer == nullptr) return at(hash + i);
  return at(hash + answers_ % kWindow);
}

void ResponseCache::grow() {
  std::vector<Slot> old(slots_.empty() ? kFirstSlots : 2 * slots_.size());
  old.swap(slots_);
  for (Slot& slot : old) {
    if (slot.answer == nullptr) continue;
    Slot& target = place_for(slot.hash);
    forget(target);
    target = std::move(slot);
  }
}

void ResponseCache::forget(Slot& slot) {
  if (slot.answer == nullptr) return;
  bytes_ -= slot.answer->footprint_bytes();
  --answers_;
  slot.answer.reset();
}

}  // namespace bobbin::http::http1
