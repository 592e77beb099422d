#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "base/assert.h"
#include "base/bytes.h"

namespace bobbin::http::http2 {

/// Frames that are ready to leave, in one piece of memory that is never grown. So a client that takes nothing
/// costs no more than this, and many frames share one call of the kernel and one record of TLS.
class OutputBuffer {
 public:
  [[nodiscard]] Bytes bytes() const { return {memory_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  /// How much can be appended. The memory is used from its front again only when the buffer is empty.
  [[nodiscard]] std::size_t room() const { return kCapacity - end_; }

  void append(Bytes bytes) {
    const auto place = extend(bytes.size());
    if (!bytes.empty()) std::memcpy(place.data(), bytes.data(), bytes.size());
  }
  /// Appends bytes that the caller fills in at once.
  [[nodiscard]] std::span<std::byte> extend(std::size_t count) {
    ASSERT(count <= room());
    const std::span<std::byte> place{memory_.get() + end_, count};
    end_ += count;
    return place;
  }
  /// Takes the last bytes back.
  void retract(std::size_t count) { end_ -= count; }
  void consume(std::size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  static constexpr std::size_t kCapacity = 96 * 1024;

 private:
  std::unique_ptr<std::byte[]> memory_ = std::make_unique_for_overwrite<std::byte[]>(kCapacity);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace bobbin::http::http2
