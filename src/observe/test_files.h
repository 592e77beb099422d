#pragma once

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <signal.h>
#include <sstream>
#include <string>
#include <unistd.h>

#include "os/fd.h"

// For this room's tests only.
namespace bobbin::observe {

/// A folder of its own that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = testing::TempDir() + "bobbin_observe_XXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string content_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// A pipe whose writing end can be opened by name. The process ignores SIGPIPE from then on, as the server
/// does.
struct Pipe {
  Pipe() {
    ::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reading = os::Fd(ends[0]);
    writing = os::Fd(ends[1]);
  }
  [[nodiscard]] std::string writing_path() const {
    return "/proc/self/fd/" + std::to_string(writing.number());
  }
  /// Up to the end: every writing end must be closed, now or soon.
  [[nodiscard]] std::string read_all() {
    writing.close();
    std::string text;
    char buffer[4096];
    ssize_t n = 0;
    while ((n = ::read(reading.number(), buffer, sizeof buffer)) > 0)
      text.append(buffer, static_cast<std::size_t>(n));
    return text;
  }

  os::Fd reading;
  os::Fd writing;
};

}  // namespace bobbin::observe
