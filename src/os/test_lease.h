#pragma once

#include <csignal>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>

#include "base/assert.h"
#include "os/fd.h"

namespace bobbin::os {

/// For tests: a lease on a file against readers, as a file server holds one for its client. A call that
/// opens the file to read it is refused, or waits, until the lease is given up.
class TestLease {
 public:
  explicit TestLease(const std::string& path) : file_(::open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    // The kernel asks the holder by this signal, which would end the test program.
    ASSERT(std::signal(SIGIO, SIG_IGN) != SIG_ERR);
    ASSERT(::fcntl(file_.number(), F_SETLEASE, F_WRLCK) == 0);
  }
  ~TestLease() { give_up(); }
  TestLease(const TestLease&) = delete;
  TestLease& operator=(const TestLease&) = delete;

  /// Whether the kernel has asked the holder to give it up.
  [[nodiscard]] bool is_wanted() const { return ::fcntl(file_.number(), F_GETLEASE) != F_WRLCK; }
  /// What the holder has kept to itself until now: overwrites the start of the file.
  void write_back(std::string_view text) const {
    ASSERT(::pwrite(file_.number(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  }
  void give_up() const { ::fcntl(file_.number(), F_SETLEASE, F_UNLCK); }

 private:
  const Fd file_;
};

}  // namespace bobbin::os
