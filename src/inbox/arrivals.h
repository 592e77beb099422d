#pragma once

#include <optional>

#include "base/clock.h"
#include "os/directory_watch.h"
#include "os/fd.h"

namespace bobbin::inbox {

/// Lets a consumer wait for records that appear in a folder. To be made before the folder is looked at, so
/// that nothing is missed. Thread: one at a time.
class Arrivals {
 public:
  explicit Arrivals(const os::Fd& folder);
  /// Returns when a name has appeared since the last call, `other` is readable (empty: there is none),
  /// `limit` has passed, or a second has. Not every arrival can be noticed: another machine may have made it,
  /// in a folder that is shared over a network.
  void wait(const os::Fd& other, Duration limit);

 private:
  std::optional<os::DirectoryWatch> watch_;
};

}  // namespace bobbin::inbox
