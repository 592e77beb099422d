#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace bobbin::server {

/// Ids for requests: 128 random bits each, as 32 hexadecimal digits, so that none comes twice, after a
/// restart or on another machine either, and none can be guessed. Thread: one.
class RequestIds {
 public:
  [[nodiscard]] std::string next();

 private:
  static constexpr std::size_t kIdBytes = 16;

  // From the kernel in one call for many ids.
  std::array<std::byte, 64 * kIdBytes> random_{};
  std::size_t used_ = sizeof random_;
};

}  // namespace bobbin::server
