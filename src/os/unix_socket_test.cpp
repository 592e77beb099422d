#include "os/unix_socket.h"

#include <array>
#include <cerrno>
#include <gtest/gtest.h>
#include <optional>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "os/directory.h"
#include "os/lock.h"
#include "os/socket.h"
#include "os/test_directory.h"

namespace bobbin::os {
namespace {

class UnixSocketTest : public ::testing::Test {
 protected:
  /// 0, or how connecting fails.
  [[nodiscard]] int connect() const {
    const Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return ::connect(client.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0
               ? 0
               : errno;
  }
  [[nodiscard]] Result<UnixListener> listen() const { return listen_unix(path, {}, 8); }
  /// A socket file as a server leaves it that was killed.
  void leave_stale() const {
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }

  TestDirectory directory;
  const std::string path = directory.path("s");
};

TEST_F(UnixSocketTest, ListensUnderItsNameUntilItsEnd) {
  {
    const auto listener = listen();
    ASSERT_TRUE(listener) << listener.error().message();
    EXPECT_EQ(socket_path(listener->socket), path);
    EXPECT_TRUE(local_endpoint(listener->socket)->is_unix_socket());
    EXPECT_EQ(accept_connection(listener->socket).error().code, EAGAIN);
    EXPECT_EQ(connect(), 0);
    const auto accepted = accept_connection(listener->socket);
    ASSERT_TRUE(accepted);
    EXPECT_TRUE(accepted->peer.is_unix_socket());
  }
  EXPECT_FALSE(directory.has("s"));
}

TEST_F(UnixSocketTest, HasTheRightsThatAreGiven) {
  for (const unsigned mode : {0600U, 0666U, 0U}) {
    const auto listener = listen_unix(path, {.mode = mode, .user = ::getuid(), .group = ::getgid()}, 8);
    ASSERT_TRUE(listener) << listener.error().message();
    struct stat found{};
    ASSERT_EQ(::lstat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 07777U, mode);
    EXPECT_TRUE(S_ISSOCK(found.st_mode));
  }
}

TEST_F(UnixSocketTest, ReplacesOneThatNobodyListensAt) {
  leave_stale();
  EXPECT_EQ(connect(), ECONNREFUSED);
  const auto listener = listen();
  ASSERT_TRUE(listener) << listener.error().message();
  EXPECT_EQ(connect(), 0);
}

TEST_F(UnixSocketTest, NeverReplacesOneAtWhichSomebodyListens) {
  const auto first = listen();
  EXPECT_EQ(listen().error().code, EADDRINUSE);
  EXPECT_EQ(connect(), 0) << "the first one is unharmed";
}

TEST_F(UnixSocketTest, NeverReplacesOneWhoseQueueIsFull) {
  const auto first = listen_unix(path, {}, 0);
  const auto connects = [&] {
    Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return ::connect(client.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  };
  while (connects()) {
  }
  EXPECT_EQ(listen().error().code, EADDRINUSE);
}

TEST_F(UnixSocketTest, NeverReplacesADatagramSocketInUse) {
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(listen().error().code, EADDRINUSE);
}

TEST_F(UnixSocketTest, LeavesAnyOtherFileAlone) {
  directory.write("s", "precious");
  EXPECT_EQ(listen().error().code, ENOTSOCK);
  EXPECT_EQ(directory.read("s"), "precious");
}

TEST_F(UnixSocketTest, RemovesNoFileThatIsAnothersByNow) {
  {
    const auto first = listen();
    ASSERT_EQ(::unlink(path.c_str()), 0);
    leave_stale();
  }
  EXPECT_TRUE(directory.has("s"));
}

TEST_F(UnixSocketTest, LeavesNothingWhenItsRightsAreRefused) {
  if (::getuid() == 0) GTEST_SKIP() << "root may give files to anybody";
  EXPECT_EQ(listen_unix(path, {.mode = 0600, .user = 0, .group = std::nullopt}, 8).error().code, EPERM);
  EXPECT_FALSE(directory.has("s"));
}

TEST_F(UnixSocketTest, NeedsADirectoryAndAPathThatFits) {
  EXPECT_EQ(listen_unix(directory.path("nowhere/s"), {}, 8).error().code, ENOENT);
  EXPECT_EQ(listen_unix(directory.path(std::string(kMaximumSocketPathBytes, 'x')), {}, 8).error().code,
            ENAMETOOLONG);
}

TEST_F(UnixSocketTest, OfManyThatStartTogetherOneListens) {
  leave_stale();
  std::array<std::optional<Result<UnixListener>>, 8> results;
  std::vector<std::thread> threads;
  threads.reserve(results.size());
  for (auto& result : results) threads.emplace_back([&] { result.emplace(listen()); });
  for (std::thread& thread : threads) thread.join();
  int listening = 0;
  for (const auto& result : results) {
    if (*result) {
      ++listening;
    } else {
      EXPECT_EQ(result->error().code, EADDRINUSE) << result->error().message();
    }
  }
  EXPECT_EQ(listening, 1);
  EXPECT_EQ(connect(), 0);
}

TEST_F(UnixSocketTest, WaitsForTheLockOfItsDirectoryAndNoLongerThanItMust) {
  const Fd other = *open_directory(directory.path());
  ASSERT_TRUE(*try_lock(other));
  EXPECT_EQ(listen().error().code, EWOULDBLOCK);
  EXPECT_FALSE(directory.has("s"));
}

}  // namespace
}  // namespace bobbin::os
