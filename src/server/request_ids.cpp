#include "server/request_ids.h"

#include <cstdint>
#include <string_view>

#include "os/random.h"

namespace bobbin::server {

std::string RequestIds::next() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  if (used_ == random_.size()) {
    os::fill_random(random_);
    used_ = 0;
  }
  std::string id;
  id.reserve(2 * kIdBytes);
  for (const std::size_t end = used_ + kIdBytes; used_ < end; ++used_) {
    const auto byte = std::to_integer<std::uint8_t>(random_[used_]);
    id += kDigits[byte >> 4];
    id += kDigits[byte & 0xF];
  }
  return id;
}

}  // namespace bobbin::server
