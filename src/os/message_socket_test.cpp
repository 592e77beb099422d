#include "os/message_socket.h"

#include <array>
#include <cerrno>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

#include "os/file.h"

namespace bobbin::os {
namespace {

constexpr milliseconds kReceivePatience{10'000};

TEST(MessageSocket, KeepsTheBoundsOfMessages) {
  const auto sockets = *MessageSocket::pair();
  ASSERT_TRUE(sockets.first.send("one"));
  ASSERT_TRUE(sockets.first.send("two"));
  EXPECT_EQ((*sockets.second.receive(kReceivePatience))->text, "one");
  EXPECT_EQ((*sockets.second.receive(kReceivePatience))->text, "two");
  const auto none = sockets.second.receive(milliseconds(0));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, EAGAIN);
}

TEST(MessageSocket, PassesDescriptors) {
  const auto sockets = *MessageSocket::pair();
  const Fd file = *file_in_memory("content");
  const Fd other = *file_in_memory("other");
  ASSERT_TRUE(sockets.first.send("files", std::array{file.number(), other.number()}));
  const auto message = *sockets.second.receive(kReceivePatience);
  ASSERT_EQ(message->descriptors.size(), 2U);
  EXPECT_EQ(*read_open_file(message->descriptors[0]), "content");
  EXPECT_EQ(*read_open_file(message->descriptors[1]), "other");
  EXPECT_NE(message->descriptors[0].number(), file.number());
}

TEST(MessageSocket, TakesTheLargestText) {
  const auto sockets = *MessageSocket::pair();
  const std::string text(MessageSocket::kLargestText, 'x');
  std::thread sender([&] { EXPECT_TRUE(sockets.first.send(text)); });
  EXPECT_EQ((*sockets.second.receive(kReceivePatience))->text, text);
  sender.join();
}

TEST(MessageSocket, SaysThatTheOtherEndIsClosed) {
  auto sockets = *MessageSocket::pair();
  ASSERT_TRUE(sockets.first.send("last"));
  EXPECT_FALSE(sockets.second.is_ended());
  sockets.first.close();
  EXPECT_TRUE(sockets.second.is_ended());
  EXPECT_EQ((*sockets.second.receive(kReceivePatience))->text, "last");
  EXPECT_FALSE(*sockets.second.receive(kReceivePatience));
  const auto sent = sockets.second.send("nobody");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, EPIPE);
}

// As a process does that ends without listening any more: its last words are why.
TEST(MessageSocket, WhatWasSaidBeforeTheEndArrivesAlthoughTheOtherEndHasNotRead) {
  auto sockets = *MessageSocket::pair();
  ASSERT_TRUE(sockets.second.send("never read"));
  ASSERT_TRUE(sockets.first.send("why"));
  sockets.first.close();
  const auto last = sockets.second.receive(kReceivePatience);
  ASSERT_TRUE(last && *last);
  EXPECT_EQ((*last)->text, "why");
  EXPECT_FALSE(*sockets.second.receive(kReceivePatience));
}

}  // namespace
}  // namespace bobbin::os
