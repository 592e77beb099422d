#include "os/passed_sockets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/socket.h"

namespace bobbin::os {
namespace {

constexpr long kProcess = 42;
using Passed = std::vector<PassedDescriptor>;

TEST(PassedDescriptors, CountFromThreeAndHaveNames) {  // sd_listen_fds(3)
  EXPECT_EQ(parse_passed_descriptors("42", "3", "http:admin:http", kProcess),
            (Passed{{3, "http"}, {4, "admin"}, {5, "http"}}));
}

TEST(PassedDescriptors, WithoutANameAreUnknown) {
  EXPECT_EQ(parse_passed_descriptors("42", "1", nullptr, kProcess), (Passed{{3, "unknown"}}));
  EXPECT_EQ(parse_passed_descriptors("42", "3", ":b", kProcess),
            (Passed{{3, "unknown"}, {4, "b"}, {5, "unknown"}}));
}

TEST(PassedDescriptors, OfAnotherProcessAreNotOurs) {
  EXPECT_EQ(parse_passed_descriptors("41", "1", "http", kProcess), Passed{});
}

TEST(PassedDescriptors, ThatAreMalformedAreNone) {
  for (const char* text : {"", "0", "-1", "1x", " 1", "65537", "99999999999999999999"})
    EXPECT_EQ(parse_passed_descriptors("42", text, "a", kProcess), Passed{}) << text;
  for (const char* text : {"", "x", "42 ", "4 2"})
    EXPECT_EQ(parse_passed_descriptors(text, "1", "a", kProcess), Passed{}) << text;
  EXPECT_EQ(parse_passed_descriptors(nullptr, "1", "a", kProcess), Passed{});
  EXPECT_EQ(parse_passed_descriptors("42", nullptr, "a", kProcess), Passed{});
}

TEST(TakeListeningSocket, TakesOneThatListens) {
  const Fd listener = *listen_tcp(*parse_address("127.0.0.1"), 1);
  const int number = ::dup(listener.number());
  ::fcntl(number, F_SETFL, 0);
  const auto taken = take_listening_socket(number);
  ASSERT_TRUE(taken) << taken.error();
  EXPECT_EQ(taken->number(), number);
  EXPECT_NE(::fcntl(number, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(number, F_GETFD) & FD_CLOEXEC, 0);
}

TEST(TakeListeningSocket, SaysWhyAnythingElseIsNone) {
  const auto reason = [](const Fd& fd) { return take_listening_socket(fd.number()).error(); };
  EXPECT_EQ(reason(Fd(::open("/dev/null", O_RDONLY | O_CLOEXEC))), "it is no socket");
  EXPECT_EQ(reason(Fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0))),
            "it is no stream socket (ListenStream= makes one)");
  EXPECT_EQ(reason(Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))),
            "it does not listen (with Accept=yes systemd passes connections instead)");
  EXPECT_EQ(reason(Fd(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, 0))),
            "it is a socket of another family than IPv4, IPv6 and Unix");
  EXPECT_EQ(take_listening_socket(1'000'000).error(), "getsockopt: Bad file descriptor");
}

}  // namespace
}  // namespace bobbin::os
