#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// Which symbolic links are followed beneath a root. Where openat2(2) is not available, none is (PathWalk).
enum class Links : std::uint8_t {
  no,
  /// Those that end beneath the root. A relative one must not leave it on its way. An absolute one must name
  /// the root as Root::names() does.
  inside,
  /// All, wherever they lead, except magic ones (proc(5)).
  yes,
};

/// An open directory beneath which paths are looked up, and which links are followed there. Immutable.
/// Thread: any.
class Root {
 public:
  /// Fails as open_directory does, which follows links: the operator named this path.
  [[nodiscard]] static Result<Root> open(const std::string& path, Links links = Links::inside);
  /// The same directory, with a descriptor of its own.
  [[nodiscard]] Result<Root> duplicate(Links links) const;

  [[nodiscard]] const Fd& fd() const { return fd_; }
  [[nodiscard]] Links links() const { return links_; }

  /// The absolute path by which it was opened. Empty: it had none.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// The absolute paths under which absolute links may name this directory: the one by which it was opened,
  /// and where it lies now, if /proc tells. Only good for finding out which path beneath the root is meant;
  /// that path must then be opened beneath the root.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  Root(Fd fd, std::string name, Links links) : fd_(std::move(fd)), name_(std::move(name)), links_(links) {}

  Fd fd_;
  std::string name_;
  Links links_;
};

}  // namespace bobbin::os
