#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"

namespace bobbin::listing {

/// What a listing shows of a file or a folder. The name lives as long as whoever gave it says.
struct Entry {
  std::string_view name;
  bool is_folder = false;
  std::uint64_t size_bytes = 0;  ///< of a file
  WallTime modified;
};

}  // namespace bobbin::listing
