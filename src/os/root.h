#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "os/file.h"

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

/// What the regular files beneath a root are.
enum class RootFiles : std::uint8_t {
  plain,
  /// Whole where FileStatus::is_marked says so. Any other stands for content that is not there yet, and must
  /// not be read.
  marked_when_whole,
};

/// An open directory beneath which paths are looked up, and which links are followed there. Immutable.
/// Thread: any.
class Root {
 public:
  /// Fails as open_directory does, which follows links: the operator named this path.
  [[nodiscard]] static Result<Root> open(const std::string& path, Links links = Links::inside,
                                         RootFiles files = RootFiles::plain);
  /// The same directory, with a descriptor of its own.
  [[nodiscard]] Result<Root> duplicate(Links links) const;

  [[nodiscard]] const Fd& fd() const { return fd_; }
  [[nodiscard]] Links links() const { return links_; }
  /// Whether a file beneath it only stands for content that is not there yet.
  [[nodiscard]] bool is_placeholder(const FileStatus& file) const {
    return files_ == RootFiles::marked_when_whole && file.kind == FileStatus::Kind::regular &&
           !file.is_marked;
  }
  [[nodiscard]] RootFiles files() const { return files_; }

  /// The absolute path by which it was opened. Empty: it had none.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// The absolute paths under which absolute links may name this directory: the one by which it was opened,
  /// and where it lies now, if /proc tells. Only good for finding out which path beneath the root is meant;
  /// that path must then be opened beneath the root.
  [[nodiscard]] std::vector<std::string> names() const;

 private:
  Root(Fd fd, std::string name, Links links, RootFiles files)
      : fd_(std::move(fd)), name_(std::move(name)), links_(links), files_(files) {}

  Fd fd_;
  std::string name_;
  Links links_;
  RootFiles files_;
};

}  // namespace bobbin::os
