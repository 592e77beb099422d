#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "os/directory.h"
#include "os/file.h"
#include "os/mount_watch.h"
#include "os/open_beneath.h"
#include "os/root.h"

namespace bobbin::files {

/// The round of a look that has never been made.
constexpr std::uint64_t kNoRound = ~std::uint64_t{0};

/// How a cache looks at the files beneath a root. Paths are relative to it; "" is the root itself.
class StatusSource {
 public:
  virtual ~StatusSource() = default;
  /// What is at `path`, links on the way being followed wherever they lead, a link at its end being a link.
  [[nodiscard]] virtual Result<os::FileStatus> at(const std::string& path) = 0;
  /// What opening `path` beneath the root would open; the walk follows the links that the root allows.
  [[nodiscard]] virtual Result<os::FileStatus> beneath(const std::string& path) = 0;
  /// Whether something may have been mounted or unmounted since the last call.
  [[nodiscard]] virtual bool mounts_have_changed() = 0;
  [[nodiscard]] virtual WallTime now() = 0;
};

/// The real one. `root` outlives it.
class RootStatusSource final : public StatusSource {
 public:
  explicit RootStatusSource(const os::Root& root) : root_(root) {
    // Else every status tells its mount, and a change of mounts needs no descriptor to be noticed.
    if (const auto status = os::status(root.fd()); status && status->mount == 0) mounts_.emplace();
  }
  Result<os::FileStatus> at(const std::string& path) override {
    return path.empty() ? os::status(root_.fd()) : os::status_at(root_.fd(), path);
  }
  Result<os::FileStatus> beneath(const std::string& path) override { return os::status_beneath(root_, path); }
  bool mounts_have_changed() override { return mounts_ && mounts_->has_changed(); }
  WallTime now() override { return wall_now(); }

 private:
  const os::Root& root_;
  std::optional<os::MountWatch> mounts_;
};

}  // namespace bobbin::files
