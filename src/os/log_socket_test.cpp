#include "os/log_socket.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/test_directory.h"

namespace bobbin::os {
namespace {

class LogSocketTest : public testing::Test {
 protected:
  LogSocketTest() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(daemon_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }

  std::string received() {
    std::string text(64 * 1024, '\0');
    const ssize_t count = ::recv(daemon_.number(), text.data(), text.size(), MSG_DONTWAIT);
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
  }
  /// The descriptor in a message without bytes.
  Fd received_file() {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    EXPECT_EQ(::recvmsg(daemon_.number(), &message, MSG_DONTWAIT), 0);
    const cmsghdr* const header = CMSG_FIRSTHDR(&message);
    if (header == nullptr) return {};
    int number = -1;
    std::memcpy(&number, CMSG_DATA(header), sizeof number);
    return Fd(number);
  }

  const TestDirectory place_;
  const std::string path_ = place_.path("socket");
  const Fd daemon_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

TEST_F(LogSocketTest, SendsDatagrams) {
  auto socket = *LogSocket::connect(path_);
  EXPECT_TRUE(*socket.send("one"));
  EXPECT_TRUE(*socket.send("two"));
  EXPECT_EQ(received(), "one");
  EXPECT_EQ(received(), "two");
}

TEST_F(LogSocketTest, SaysThatThereIsNoRoom) {
  auto socket = *LogSocket::connect(path_);
  int sent = 0;
  while (*socket.send("x")) ++sent;
  EXPECT_GT(sent, 0);
  socket.wait_for_room(milliseconds(0));
  while (!received().empty()) {
  }
  socket.wait_for_room(seconds(10));
  EXPECT_TRUE(*socket.send("x"));
}

// systemd, Native Journal Protocol: a sealed file in memory.
TEST_F(LogSocketTest, SendsWhatIsTooLargeAsAFile) {
  auto socket = *LogSocket::connect(path_);
  const std::string large(8 << 20, 'x');
  const auto sent = socket.send(large);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, EMSGSIZE);
  ASSERT_TRUE(*socket.send_as_file(large));
  const Fd file = received_file();
  ASSERT_TRUE(file);
  std::string content(large.size() + 1, '\0');
  ASSERT_EQ(::pread(file.number(), content.data(), content.size(), 0), static_cast<ssize_t>(large.size()));
  content.pop_back();
  EXPECT_TRUE(content == large);
  EXPECT_EQ(::fcntl(file.number(), F_GET_SEALS), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
}

TEST_F(LogSocketTest, AnAddressThatNobodyHasIsAnError) {
  const auto socket = LogSocket::connect(place_.path("nothing"));
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, ENOENT);
  EXPECT_EQ(LogSocket::connect(std::string(200, '/')).error().code, ENAMETOOLONG);
}

}  // namespace
}  // namespace bobbin::os
