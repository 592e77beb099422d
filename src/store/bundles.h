#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "store/document_store.h"

namespace bobbin::store {

/// The uploads of a batch one after the other, those of a bundle together.
template <typename Upload>
class Bundles {
 public:
  explicit Bundles(std::vector<Upload>& batch) : rest_(batch) {}
  /// Empty: there are no more.
  std::span<Upload> next() {
    const auto end = std::ranges::find_if(rest_, [&](const Upload& each) {
      return each.bundle != rest_.front().bundle || (each.bundle == nullptr && &each != &rest_.front());
    });
    const auto count = static_cast<std::size_t>(end - rest_.begin());
    const std::span<Upload> bundle = rest_.first(count);
    rest_ = rest_.subspan(count);
    return bundle;
  }

 private:
  std::span<Upload> rest_;
};

/// Of one that has failed already nothing changes.
template <typename Upload>
void fail(std::span<Upload> bundle, const NotStored& failure) {
  for (Upload& upload : bundle)
    if (!upload.failure) upload.failure = failure;
}

}  // namespace bobbin::store
