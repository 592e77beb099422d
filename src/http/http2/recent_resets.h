#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bobbin::http::http2 {

/// The streams that we have reset last: frames that still come on them were sent before the client knew. It
/// takes no memory until there is one.
class RecentResets {
 public:
  void add(std::int32_t id) {
    if (ids_.size() < kMaximum)
      ids_.push_back(id);
    else
      ids_[oldest_++ % kMaximum] = id;
  }
  /// The client has reset it too, so it knows.
  void remove(std::int32_t id) { std::replace(ids_.begin(), ids_.end(), id, 0); }
  [[nodiscard]] bool contains(std::int32_t id) const {
    return std::find(ids_.begin(), ids_.end(), id) != ids_.end();
  }

 private:
  static constexpr std::size_t kMaximum = 256;
  std::vector<std::int32_t> ids_;
  std::size_t oldest_ = 0;
};

}  // namespace bobbin::http::http2
