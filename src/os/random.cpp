#include "os/random.h"

#include <sys/random.h>

#include "base/assert.h"
#include "os/call.h"

namespace bobbin::os {

void fill_random(std::span<std::byte> into) {
  while (!into.empty()) {
    const auto count = uninterrupted([&] { return ::getrandom(into.data(), into.size(), 0); });
    ASSERT(count > 0);
    into = into.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace bobbin::os
