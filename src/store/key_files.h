#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bobbin::store {

/// Numbered files in a hidden folder, to which text is appended. What was appended is on stable storage after
/// the next Folder::sync_everything. Thread: one at a time.
class KeyFiles {
 public:
  virtual ~KeyFiles() = default;
  /// In ascending order.
  [[nodiscard]] virtual Result<std::vector<std::uint64_t>> numbers() = 0;
  [[nodiscard]] virtual Result<std::string> read(std::uint64_t number) = 0;
  /// Makes an empty file, to which append() writes from now on.
  [[nodiscard]] virtual Result<void> begin(std::uint64_t number) = 0;
  /// After a failure a part of the text may be there.
  [[nodiscard]] virtual Result<void> append(std::string_view text) = 0;
  [[nodiscard]] virtual Result<void> remove(std::uint64_t number) = 0;
};

}  // namespace bobbin::store
