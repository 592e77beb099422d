#pragma once

#include <cstddef>

namespace bobbin::http {

struct HeadLimits {
  /// In HTTP/1, request line and field section together, line ends included. In HTTP/2, which has no lines,
  /// the fields count as if each had one.
  std::size_t head_bytes = 16 * 1024;
};

}  // namespace bobbin::http
