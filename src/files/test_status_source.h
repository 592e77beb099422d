#pragma once

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>
#include <vector>

#include "files/status_source.h"

namespace bobbin::files {

/// For tests: a tree that lies in a map, and every look at it.
class TestStatusSource final : public StatusSource {
 public:
  using Kind = os::FileStatus::Kind;

  TestStatusSource() { files[""] = make(Kind::directory); }

  Result<os::FileStatus> at(const std::string& path) override {
    looks.push_back(path);
    return found(files, path);
  }
  Result<os::FileStatus> beneath(const std::string& path) override {
    walks.push_back(path);
    return targets.contains(path) ? found(targets, path) : found(files, path);
  }
  bool mounts_have_changed() override { return std::exchange(mounts_changed, false); }
  WallTime now() override { return clock; }

  /// A new file or folder, with an inode of its own.
  os::FileStatus& add(const std::string& path, Kind kind = Kind::regular) { return files[path] = make(kind); }
  /// As after a change in this folder: its ctime is that of now.
  void touch(const std::string& path) { files.at(path).changed = ++last_change; }
  /// Time goes by until no change can go unseen any more.
  void settle() { clock = last_change + seconds(10); }
  void forget_looks() { looks.clear(), walks.clear(); }
  [[nodiscard]] auto looks_at(const std::string& path) const {
    return std::count(looks.begin(), looks.end(), path);
  }

  std::map<std::string, os::FileStatus> files;
  std::map<std::string, os::FileStatus> targets;  ///< where a walk ends elsewhere than a look
  std::vector<std::string> looks;
  std::vector<std::string> walks;
  bool mounts_changed = false;
  WallTime last_change{seconds(1'000'000)};
  WallTime clock = last_change + seconds(10);

 private:
  os::FileStatus make(Kind kind) {
    return {.kind = kind,
            .mount = 1,
            .inode = ++inodes_,
            .links = 1,
            .size_bytes = 5,
            .modified = last_change,
            .changed = last_change};
  }
  static Result<os::FileStatus> found(const std::map<std::string, os::FileStatus>& where,
                                      const std::string& path) {
    const auto file = where.find(path);
    if (file == where.end()) return failure(Error{ENOENT, "statx"});
    return file->second;
  }
  std::uint64_t inodes_ = 0;
};

}  // namespace bobbin::files
