#include "http/http1/answer_memory.h"

#include <functional>
#include <utility>

namespace bobbin::http::http1 {
namespace {

std::size_t footprint(const AnswerMemory::Remembered& answer) {
  return sizeof answer + answer.request.size() + answer.front.size() + answer.content.size() +
         answer.texts.request_line.size() + answer.texts.host.size() + answer.texts.referer.size() +
         answer.texts.user_agent.size() + answer.notes.subject.size();
}

}  // namespace

AnswerMemory::AnswerMemory(std::size_t maximum_bytes) : maximum_bytes_(maximum_bytes) {}

std::unique_ptr<AnswerMemory::Remembered>& AnswerMemory::slot(std::string_view request) {
  return slots_[std::hash<std::string_view>{}(request) % kSlots];
}

const AnswerMemory::Remembered* AnswerMemory::recall(std::string_view input, const Endpoint& local) {
  if (slots_.empty()) return nullptr;
  // Where a head ends is the parser's business, but one that was remembered ended at its first empty line.
  const std::size_t end = input.find("\r\n\r\n");
  if (end == std::string_view::npos) return nullptr;
  const std::string_view request = input.substr(0, end + 4);
  std::unique_ptr<Remembered>& found = slot(request);
  if (found == nullptr || found->request != request || !(found->local == local)) return nullptr;
  if (found->checked_at != arrivals_) {
    if (!found->repeatable->still_holds()) {
      forget(found);
      return nullptr;
    }
    found->checked_at = arrivals_;
  }
  return found.get();
}

void AnswerMemory::remember(Remembered answer) {
  const std::size_t size = footprint(answer);
  // One answer may take a small part only: a few large ones would push everything else out.
  if (answer.content.size() > kMaximumContentBytes || size > maximum_bytes_ / 8) return;
  if (slots_.empty()) slots_.resize(kSlots);
  std::unique_ptr<Remembered>& target = slot(answer.request);
  forget(target);
  // Round and round rather than by age: no list to keep, and what is in use comes back with its next request.
  for (; bytes_ + size > maximum_bytes_; next_displaced_ = (next_displaced_ + 1) % kSlots)
    forget(slots_[next_displaced_]);
  target = std::make_unique<Remembered>(std::move(answer));
  bytes_ += size;
}

void AnswerMemory::forget(std::unique_ptr<Remembered>& slot) {
  if (slot == nullptr) return;
  bytes_ -= footprint(*slot);
  slot.reset();
}

}  // namespace bobbin::http::http1
