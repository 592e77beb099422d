#include "observe/line_builder.h"

#include <utility>

namespace bobbin::observe {

void LineBuilder::grow(std::size_t count) {
  const std::size_t text_bytes = size();
  const std::size_t capacity_bytes = 2 * (text_bytes + count);
  auto larger = std::make_unique_for_overwrite<char[]>(capacity_bytes);
  std::memcpy(larger.get(), start_, text_bytes);
  heap_ = std::move(larger);
  start_ = heap_.get();
  end_ = start_ + text_bytes;
  limit_ = start_ + capacity_bytes;
}

}  // namespace bobbin::observe
