#include "object_inbox/numbers.h"

namespace bobbin::object_inbox {

std::uint64_t Numbers::take() {
  if (spare_.empty()) return ++last_;
  return spare_.extract(spare_.begin()).value();
}

std::optional<std::uint64_t> Numbers::next_to_close() {
  if (!unknown_.empty()) {
    const std::uint64_t number = unknown_.front();
    unknown_.pop_front();
    return number;
  }
  // Behind the last one that is used nobody waits.
  while (!spare_.empty() && *spare_.rbegin() == last_) {
    spare_.erase(last_);
    --last_;
  }
  if (spare_.empty()) return std::nullopt;
  return spare_.extract(spare_.begin()).value();
}

}  // namespace bobbin::object_inbox
