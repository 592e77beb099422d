#include "server/rejected.h"

#include <array>
#include <cerrno>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/tcp_transport.h"
#include "net/test_transport.h"
#include "os/epoll.h"
#include "os/file.h"
#include "os/process.h"
#include "os/wake.h"
#include "server/refusals.h"
#include "server/test_loopback.h"

namespace bobbin::server {
namespace {

constexpr std::uint64_t kFirstTag = 100;
const Instant kNow{seconds(1000)};
constexpr Duration kLinger = seconds(2);
constexpr const char* kRequest = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

class RejectedTest : public ::testing::Test {
 protected:
  void add_next(Rejected& rejected, Instant now = kNow) {
    os::Accepted accepted = listener.accept();
    rejected.add(
        std::make_unique<net::TcpTransport>(std::move(accepted.socket), accepted.peer, listener.bound), epoll,
        kNoPlace, now);
  }
  /// How many there were.
  std::size_t handle_events(Rejected& rejected) {
    std::array<os::Event, os::Epoll::kMaximumEvents> events;
    const auto ready = epoll.wait(events, milliseconds(10));
    for (const os::Event& event : ready) EXPECT_TRUE(rejected.handle(event, epoll));
    return ready.size();
  }
  static void expect_whole_answer(const std::string& bytes) {
    EXPECT_EQ(bytes.substr(0, 12), "HTTP/1.1 503");
    EXPECT_NE(bytes.find("\r\nRetry-After: 5\r\n"), std::string::npos);
    const std::size_t content = bytes.find("\r\n\r\n") + 4;
    EXPECT_NE(bytes.find("\r\nContent-Length: " + std::to_string(bytes.size() - content) + "\r\n"),
              std::string::npos);
    EXPECT_NE(bytes.find("</html>", content), std::string::npos);
  }
  static void expect_whole_answer(const TestClient& client) {
    const auto [bytes, error] = client.receive_to_end();
    EXPECT_EQ(error, 0);
    expect_whole_answer(bytes);
  }

  os::Epoll epoll = *os::Epoll::create();
  TestListener listener;
};

TEST_F(RejectedTest, AnswersAndKeepsTheConnectionUntilItsClientHasClosed) {
  Rejected rejected("Server", kFirstTag, 8, kLinger);
  TestClient client(listener.bound);
  add_next(rejected);
  expect_whole_answer(client);
  EXPECT_FALSE(rejected.empty());
  client.close();
  while (!rejected.empty()) handle_events(rejected);
}

TEST_F(RejectedTest, ARequestThatComesAfterTheAnswerDoesNotResetIt) {
  Rejected rejected("Server", kFirstTag, 8, kLinger);
  const TestClient client(listener.bound);
  add_next(rejected);
  client.send(kRequest);
  handle_events(rejected);
  EXPECT_FALSE(rejected.empty());
  expect_whole_answer(client);
}

TEST_F(RejectedTest, ARequestThatWasThereIsTakenBeforeTheConnectionMustMakeRoom) {
  // RFC 9112 §9.6: to close over what has been sent resets the connection, and the answer may be lost.
  Rejected rejected("Server", kFirstTag, 1, kLinger);
  const TestClient first(listener.bound);
  first.send(kRequest);
  add_next(rejected);
  const TestClient second(listener.bound);
  second.send(kRequest);
  add_next(rejected);
  expect_whole_answer(first);
  expect_whole_answer(second);
}

TEST_F(RejectedTest, OneThatNeverClosesExpires) {
  Rejected rejected("Server", kFirstTag, 8, kLinger);
  const TestClient first(listener.bound);
  add_next(rejected, kNow);
  const TestClient second(listener.bound);
  add_next(rejected, kNow + seconds(1));
  rejected.expire(kNow + kLinger - milliseconds(1));
  const std::uint64_t both = os::open_descriptors();
  rejected.expire(kNow + kLinger);
  EXPECT_EQ(os::open_descriptors(), both - 1);
  EXPECT_FALSE(rejected.empty());
  rejected.expire(kNow + seconds(1) + kLinger);
  EXPECT_TRUE(rejected.empty());
}

TEST_F(RejectedTest, IsBounded) {
  for (const std::size_t maximum : {0U, 1U, 3U}) {
    SCOPED_TRACE(maximum);
    std::vector<std::unique_ptr<TestClient>> clients;
    const std::uint64_t before = os::open_descriptors();
    Rejected rejected("Server", kFirstTag, maximum, kLinger);
    for (int i = 0; i < 10; ++i) {
      clients.push_back(std::make_unique<TestClient>(listener.bound));
      add_next(rejected);
    }
    EXPECT_EQ(os::open_descriptors(), before + clients.size() + maximum);
    for (const auto& client : clients) expect_whole_answer(*client);
  }
}

TEST_F(RejectedTest, TheAnswerWaitsForRoomInTheSocket) {
  Rejected rejected("Server", kFirstTag, 8, kLinger);
  const TestClient client(listener.bound);
  client.send(kRequest);
  client.finish_sending();
  os::Accepted accepted = listener.accept();
  std::size_t before = 0;
  const std::string piece(4096, 'x');
  const Bytes bytes = as_bytes(piece);
  while (const auto count = os::send(accepted.socket, {&bytes, 1}, false)) before += *count;
  rejected.add(std::make_unique<net::TcpTransport>(std::move(accepted.socket), accepted.peer, listener.bound),
               epoll, kNoPlace, kNow);
  // The end of its sending can be read for ever, and the socket stays full: neither is asked about in a
  // circle.
  for (int rounds = 0; handle_events(rejected) > 0; ++rounds) ASSERT_LT(rounds, 100);
  TestClient::Received received;
  std::thread reader([&] { received = client.receive_to_end(); });
  while (!rejected.empty()) handle_events(rejected);
  reader.join();
  EXPECT_EQ(received.error, 0);
  expect_whole_answer(received.bytes.substr(before));
}

/// On a transport that does what the test says. Events are the test's as well, except where it waits for
/// them.
class RejectedScriptTest : public RejectedTest {
 protected:
  // Like a socket that has room, what nobody has notified is writable and not readable.
  RejectedScriptTest() { script.descriptor = *os::duplicate(wake.fd()); }

  void add() { rejected.add(std::make_unique<net::TestTransport>(script), epoll, kNoPlace, kNow); }
  void becomes_readable() {
    handle({.tag = kFirstTag, .readable = true, .writable = false, .must_read_on = false, .hung_up = false});
  }
  void becomes_writable() {
    handle({.tag = kFirstTag, .readable = false, .writable = true, .must_read_on = false, .hung_up = false});
  }
  void expect_whole_answer_and_end() const {
    expect_whole_answer(script.output);
    EXPECT_TRUE(script.writing_is_shut_down);
    EXPECT_FALSE(script.is_reset);
  }

  os::Wake wake = *os::Wake::create();
  net::TransportScript script;
  Rejected rejected{"Server", kFirstTag, 8, kLinger};

 private:
  void handle(const os::Event& event) { EXPECT_TRUE(rejected.handle(event, epoll)); }
};

TEST_F(RejectedScriptTest, ShortWritesAreContinued) {
  script.most_sent = 7;
  add();
  expect_whole_answer_and_end();
}

TEST_F(RejectedScriptTest, WhatATransportDoesNotTakeIsSentWhenItHasRoom) {
  script.room = 100;
  add();
  EXPECT_EQ(script.output.size(), 100U);
  script.room = 50;
  becomes_writable();
  EXPECT_EQ(script.output.size(), 150U);
  EXPECT_FALSE(script.writing_is_shut_down);
  script.room = SIZE_MAX;
  becomes_writable();
  expect_whole_answer_and_end();
  EXPECT_FALSE(rejected.empty());  // the client has not closed
  script.input_ends = true;
  becomes_readable();
  EXPECT_TRUE(rejected.empty());
}

TEST_F(RejectedScriptTest, ASendThatWasRefusedThoughThereWasRoomIsTriedAgain) {
  script.room = 0;
  add();
  for (int i = 0; i < 3; ++i) handle_events(rejected);  // each refused; no change of the descriptor follows
  EXPECT_FALSE(rejected.empty());
  script.room = SIZE_MAX;
  handle_events(rejected);
  expect_whole_answer_and_end();
}

TEST_F(RejectedScriptTest, ASendThatWaitsForInputIsTriedAgainWhenThereIsInput) {
  script.send_error = Error{EINPROGRESS, "handshake"};
  add();
  EXPECT_EQ(handle_events(rejected), 1U);  // told once that the descriptor is writable, and not asked again
  EXPECT_EQ(handle_events(rejected), 0U);
  script.send_error.reset();
  becomes_readable();
  expect_whole_answer_and_end();
}

TEST_F(RejectedScriptTest, AllThatHasArrivedIsRead) {
  // As of a descriptor that tells each change once: what is left after one piece is not a change.
  script.input = {kRequest, kRequest, kRequest};
  add();
  for (int i = 0; i < 2; ++i) handle_events(rejected);
  EXPECT_TRUE(script.input.empty());
  EXPECT_FALSE(rejected.empty());
  script.input_ends = true;
  becomes_readable();
  EXPECT_TRUE(rejected.empty());
  expect_whole_answer_and_end();
}

TEST_F(RejectedScriptTest, AnErrorWhileSendingEndsIt) {
  for (const int code : {EPIPE, ECONNRESET, ENOBUFS}) {
    SCOPED_TRACE(code);
    script.send_error = Error{code, "send"};
    add();
    EXPECT_TRUE(rejected.empty());
    EXPECT_FALSE(script.writing_is_shut_down);
  }
}

TEST_F(RejectedScriptTest, AnErrorInTheMiddleOfTheAnswerEndsIt) {
  script.room = 100;
  add();
  ASSERT_FALSE(rejected.empty());
  script.send_error = Error{ECONNRESET, "send"};
  becomes_writable();
  EXPECT_TRUE(rejected.empty());
  EXPECT_EQ(script.output.size(), 100U);
  EXPECT_FALSE(script.writing_is_shut_down);
}

TEST_F(RejectedScriptTest, AnErrorWhileReceivingEndsIt) {
  add();
  ASSERT_FALSE(rejected.empty());
  script.receive_error = Error{ECONNRESET, "recv"};
  becomes_readable();
  EXPECT_TRUE(rejected.empty());
}

TEST_F(RejectedScriptTest, AClientThatHasClosedAlreadyIsAnsweredAndNotKept) {
  script.input_ends = true;
  add();
  expect_whole_answer_and_end();
  EXPECT_TRUE(rejected.empty());
}

TEST_F(RejectedScriptTest, AClientThatHasFinishedSendingGetsTheWholeAnswer) {
  // RFC 9112 §9.6: the end of its sending is not the end of its interest.
  script.input = {kRequest};
  script.input_ends = true;
  script.room = 100;
  add();
  becomes_readable();
  ASSERT_FALSE(rejected.empty());
  script.room = SIZE_MAX;
  becomes_writable();
  expect_whole_answer_and_end();
  EXPECT_TRUE(rejected.empty());
}

TEST_F(RejectedScriptTest, AClientThatNeverTakesItsAnswerExpires) {
  script.room = 100;
  add();
  rejected.expire(kNow + kLinger - milliseconds(1));
  EXPECT_FALSE(rejected.empty());
  rejected.expire(kNow + kLinger);
  EXPECT_TRUE(rejected.empty());
}

}  // namespace
}  // namespace bobbin::server
