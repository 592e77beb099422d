#pragma once

#include <cstddef>
#include <optional>
#include <utility>

namespace bobbin::app {

/// Tells when changed files should be read anew: once they have stayed the same from one look to the next,
/// since until then they may be half written. Thread: one.
class SettledChange {
 public:
  /// To be called once a second. `found`: a fingerprint of the files as they are now; `used`: of what is in
  /// use. True once for each change.
  [[nodiscard]] bool is_due(std::size_t found, std::size_t used) {
    if (found == used) {
      seen_ = tried_ = std::nullopt;
      return false;
    }
    if (found == tried_ || std::exchange(seen_, found) != found) return false;
    tried_ = found;
    return true;
  }

 private:
  std::optional<std::size_t> seen_;
  std::optional<std::size_t> tried_;
};

}  // namespace bobbin::app
