#include "inbox/missing_numbers.h"

#include <algorithm>

namespace bobbin::inbox {

void MissingNumbers::saw(std::uint64_t cursor, std::uint64_t last, Instant now) {
  std::erase_if(sights_, [cursor](const Sight& sight) { return sight.last <= cursor; });
  if (sights_.empty() || sights_.back().last < last) sights_.push_back({last, now});
}

Instant MissingNumbers::missing_since(std::uint64_t number, Instant now) const {
  const auto first = std::ranges::find_if(sights_, [number](const Sight& s) { return s.last > number; });
  return first == sights_.end() ? now : first->at;
}

}  // namespace bobbin::inbox
