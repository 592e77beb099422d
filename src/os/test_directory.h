#pragma once

#include <filesystem>
#include <fstream>
#include <set>
#include <stdlib.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "base/assert.h"

namespace bobbin::os {

/// For tests: an empty folder of its own, removed with everything in it at the end of the scope. Names are
/// relative to it. What cannot be made ends the test program.
class TestDirectory {
 public:
  TestDirectory() {
    path_ = (std::filesystem::temp_directory_path() / "bobbin-test-XXXXXX").string();
    ASSERT(::mkdtemp(path_.data()) != nullptr);
  }
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(std::string_view name) const { return path_ + "/" + std::string(name); }
  [[nodiscard]] bool has(std::string_view name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(path(name)));
  }

  /// What is in it, hidden names included.
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      names.insert(entry.path().filename());
    return names;
  }

  void make_folder(std::string_view name) const {
    std::error_code error;
    std::filesystem::create_directories(path(name), error);
    ASSERT(!error);
  }
  /// Makes the file, or overwrites it in place (the inode stays).
  void write(std::string_view name, std::string_view text) const {
    std::ofstream file(path(name), std::ios::binary | std::ios::trunc);
    file << text;
    file.close();
    ASSERT(file.good());
  }
  [[nodiscard]] std::string read(std::string_view name) const {
    std::ifstream file(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// A symbolic link; `target` is stored as it is.
  void make_link(std::string_view name, std::string_view target) const {
    ASSERT(::symlink(std::string(target).c_str(), path(name).c_str()) == 0);
  }
  void make_fifo(std::string_view name) const { ASSERT(::mkfifo(path(name).c_str(), 0600) == 0); }

 private:
  std::string path_;
};

}  // namespace bobbin::os
