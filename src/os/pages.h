#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "base/result.h"

namespace bobbin::os {

/// Memory of the process's own, by the page: it costs nothing until it is written to, holds zeros before, and
/// goes back to the system as a whole. For what is large and short-lived, which an allocator would keep.
class Pages {
 public:
  [[nodiscard]] static Result<Pages> map(std::size_t bytes);
  Pages(Pages&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  Pages& operator=(Pages&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Pages();

  [[nodiscard]] std::span<std::byte> bytes() const { return bytes_; }

 private:
  explicit Pages(std::span<std::byte> bytes) : bytes_(bytes) {}
  std::span<std::byte> bytes_;
};

}  // namespace bobbin::os
