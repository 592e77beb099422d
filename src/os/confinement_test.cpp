// What a confined process can and cannot do. Each case is tried in a process of its own, since nothing of it
// can be taken back.
#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "os/call_filter.h"
#include "os/fd.h"
#include "os/landlock.h"
#include "os/privileges.h"
#include "os/test_directory.h"

namespace bobbin::os {
namespace {

/// The errno of what fails, or 0.
int outcome(long result) { return result < 0 ? errno : 0; }

int read_outcome(const std::string& path) { return outcome(Fd(::open(path.c_str(), O_RDONLY)) ? 0 : -1); }

int write_outcome(const std::string& path) {
  return outcome(Fd(::open(path.c_str(), O_WRONLY | O_CREAT, 0600)) ? 0 : -1);
}

/// What `action` returns in a process that has done `confine` first; -1: it could not be confined, -2: it
/// was ended by a signal.
int in_a_process(const std::function<Result<void>()>& confine, const std::function<int()>& action) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(confine() ? action() : 255);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (!WIFEXITED(status)) return -2;
  return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

int exec_outcome() {
  const char* const arguments[] = {"/bin/true", nullptr};
  ::execv(arguments[0], const_cast<char* const*>(arguments));
  return errno;
}

int tcp_connect_outcome() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM, 0));
  if (!socket) return errno;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(9);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return outcome(::connect(socket.number(), reinterpret_cast<sockaddr*>(&address), sizeof address));
}

class ConfineFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    if (landlock_version() == 0) GTEST_SKIP() << "the kernel has no Landlock";
    for (const char* name : {"read", "write", "other"}) {
      std::filesystem::create_directory(directory_.path(name));
      std::ofstream(directory_.path(std::string(name) + "/file")) << "x";
    }
  }
  int confined(const std::function<int()>& action) {
    return in_a_process(
        [&] {
          return confine_files({.readable = {directory_.path("read"), directory_.path("other/none")},
                                .writable = {directory_.path("write")}});
        },
        action);
  }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_.path(name); }

  TestDirectory directory_;
};

TEST_F(ConfineFiles, ReadsWhatIsGrantedAndNothingElse) {
  EXPECT_EQ(confined([&] { return read_outcome(path("read/file")); }), 0);
  EXPECT_EQ(confined([&] { return read_outcome(path("write/file")); }), 0);
  EXPECT_EQ(confined([&] { return read_outcome(path("other/file")); }), EACCES);
  EXPECT_EQ(confined([&] { return read_outcome("/etc/passwd"); }), EACCES);
}

TEST_F(ConfineFiles, WritesWhereThatIsGranted) {
  EXPECT_EQ(confined([&] { return write_outcome(path("write/new")); }), 0);
  EXPECT_EQ(confined([&] { return write_outcome(path("read/new")); }), EACCES);
  EXPECT_EQ(confined([&] { return write_outcome(path("read/file")); }), EACCES);
  EXPECT_EQ(confined([&] { return outcome(::unlink(path("read/file").c_str())); }), EACCES);
  EXPECT_EQ(confined([&] { return outcome(::truncate(path("write/file").c_str(), 0)); }), 0);
}

// A store names files without a name in its folders, and moves records between them.
TEST_F(ConfineFiles, FilesMoveBetweenGrantedFolders) {
  EXPECT_EQ(
      confined([&] {
        if (::mkdir(path("write/a").c_str(), 0700) != 0 || ::mkdir(path("write/b").c_str(), 0700) != 0)
          return errno;
        const Fd unnamed(::open(path("write/a").c_str(), O_TMPFILE | O_WRONLY, 0600));
        if (!unnamed) return errno;
        const std::string link = "/proc/self/fd/" + std::to_string(unnamed.number());
        if (::linkat(AT_FDCWD, link.c_str(), AT_FDCWD, path("write/b/x").c_str(), AT_SYMLINK_FOLLOW) != 0)
          return errno;
        return outcome(::rename(path("write/b/x").c_str(), path("write/a/x").c_str()));
      }),
      0);
}

TEST_F(ConfineFiles, NoLinkLeadsOut) {
  std::filesystem::create_symlink(path("other/file"), path("read/link"));
  EXPECT_EQ(confined([&] { return read_outcome(path("read/link")); }), EACCES);
}

TEST_F(ConfineFiles, StartsNoProgram) { EXPECT_EQ(confined(exec_outcome), EACCES); }

TEST_F(ConfineFiles, ConnectsToNothing) {
  if (landlock_version() < 4) GTEST_SKIP() << "Linux before 6.7";
  EXPECT_EQ(confined(tcp_connect_outcome), EACCES);
}

TEST_F(ConfineFiles, SignalsNobodyOutside) {
  if (landlock_version() < 6) GTEST_SKIP() << "Linux before 6.12";
  EXPECT_EQ(confined([] { return outcome(::kill(::getppid(), 0)); }), EPERM);
}

TEST_F(ConfineFiles, HoldsForThreadsThatAreStartedLater) {
  EXPECT_EQ(confined([&] {
              int found = 0;
              std::thread([&] { found = read_outcome(path("other/file")); }).join();
              return found;
            }),
            EACCES);
}

int with_few_calls(const std::function<int()>& action) { return in_a_process(confine_calls, action); }

TEST(ConfineCalls, WhatAServerDoesGoesOn) {
  const TestDirectory directory;
  EXPECT_EQ(with_few_calls([&] { return write_outcome(directory.path("file")); }), 0);
  EXPECT_EQ(with_few_calls([] {
              int found = 1;
              std::thread([&] { found = 0; }).join();
              return found;
            }),
            0);
  EXPECT_EQ(with_few_calls([] { return Fd(::socket(AF_UNIX, SOCK_DGRAM, 0)) ? 0 : errno; }), 0);
}

TEST(ConfineCalls, WhatAnIntruderWouldDoIsNotPermitted) {
  EXPECT_EQ(with_few_calls(exec_outcome), EPERM);
  EXPECT_EQ(with_few_calls(tcp_connect_outcome), EPERM);
  EXPECT_EQ(with_few_calls([] { return outcome(::fork()); }), EPERM);
  EXPECT_EQ(with_few_calls([] { return outcome(::chroot("/")); }), EPERM);
  EXPECT_EQ(with_few_calls([] { return outcome(::setuid(::getuid())); }), EPERM);
}

TEST(ConfineCalls, HoldsForThreadsThatAreThereAlready) {
  EXPECT_EQ(in_a_process([]() -> Result<void> { return {}; },
                         [] {
                           std::atomic<bool> is_confined = false;
                           int found = 0;
                           std::thread before([&] {
                             while (!is_confined) std::this_thread::yield();
                             found = tcp_connect_outcome();
                           });
                           if (!confine_calls()) return 99;
                           is_confined = true;
                           before.join();
                           return found;
                         }),
            EPERM);
}

// An assertion that fails must still end the process as one.
TEST(ConfineCalls, AnAbortIsAnAbort) {
  EXPECT_EQ(with_few_calls([]() -> int { std::abort(); }), -2);
}

TEST(Privileges, WhoHasBecomeAnotherUserStaysOne) {
  if (!is_root()) GTEST_SKIP() << "root alone can change users";
  const Account nobody = account("nobody").value();
  EXPECT_EQ(in_a_process([&] { return become(nobody); },
                         [&] { return ::getuid() == nobody.user && ::getegid() == nobody.group ? 0 : 1; }),
            0);
  EXPECT_EQ(in_a_process([&] { return become(nobody); }, [] { return outcome(::setuid(0)); }), EPERM);
  EXPECT_EQ(in_a_process([&] { return become(nobody); }, [] { return read_outcome("/etc/shadow"); }), EACCES);
}

TEST(Privileges, RootWithoutCapabilitiesIsNobodySpecial) {
  if (!is_root()) GTEST_SKIP() << "others have none";
  EXPECT_EQ(in_a_process(give_up_capabilities, [] { return outcome(::chroot("/")); }), EPERM);
}

TEST(Privileges, AnAccountIsFoundByNameAndByNumber) {
  EXPECT_EQ(account("root").value().user, 0U);
  EXPECT_EQ(account("0").value().name, "root");
  EXPECT_EQ(account("nobody-of-this-name").error().code, ENOENT);
}

}  // namespace
}  // namespace bobbin::os
