#include "os/pages.h"

#include <sys/mman.h>

#include "os/call.h"

namespace bobbin::os {

Result<Pages> Pages::map(std::size_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return last_error("mmap");
  return Pages({static_cast<std::byte*>(memory), bytes});
}

Pages::~Pages() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

}  // namespace bobbin::os
