#include "http_client/client.h"

#include <algorithm>
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

// What is sent, and what comes back, is tested with servers, too: tests/integration/test_forward.py.
namespace bobbin::http_client {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Answers one connection with these bytes, and then closes it. `pause`: before each 100,000 of them.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer, milliseconds pause = milliseconds(0))
      : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, text = std::move(answer), pause] {
      const int peer = ::accept(listener_, nullptr, nullptr);
      char head[4096];
      static_cast<void>(::recv(peer, head, sizeof head, 0));
      for (std::size_t sent = 0; sent < text.size();) {
        std::this_thread::sleep_for(pause);
        const std::size_t piece = std::min<std::size_t>(text.size() - sent, 100'000);
        const ssize_t count = ::send(peer, text.data() + sent, piece, MSG_NOSIGNAL);
        if (count <= 0) break;
        sent += static_cast<std::size_t>(count);
      }
      ::close(peer);
    });
  }
  ~OneAnswer() {
    thread_.join();
    ::close(listener_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  int listener_;
  int port_ = 0;
  std::thread thread_;
};

/// What a GET of `answer` gives to a sink that takes at most so many pieces, and as its outcome.
std::pair<std::string, RequestOutcome> taken(std::string answer, std::size_t most_pieces = ~std::size_t{0}) {
  const OneAnswer server(std::move(answer));
  auto client = Client::open({});
  EXPECT_TRUE(client) << client.error();
  std::string content;
  std::size_t pieces = 0;
  auto outcome = client->send({.method = "GET",
                               .url = server.url(),
                               .most_bytes = 10,
                               .sink =
                                   [&](std::string_view piece) {
                                     if (++pieces > most_pieces) return false;
                                     content += piece;
                                     return true;
                                   }},
                              [] { return false; });
  return {std::move(content), std::move(outcome)};
}

TEST(ClientTest, NamesThePackageOfALibraryThatIsMissing) {
  const auto client = Client::open({}, "libnosuchcurl.so.4");
  ASSERT_FALSE(client);
  EXPECT_THAT(client.error(),
              AllOf(HasSubstr("libnosuchcurl.so.4 is missing"), HasSubstr("package libcurl4")));
}

TEST(ClientTest, NamesAFunctionThatTheLibraryLacks) {
  const auto client = Client::open({}, "libc.so.6");
  ASSERT_FALSE(client);
  EXPECT_THAT(client.error(), HasSubstr("libc.so.6 has no function curl_global_init"));
}

TEST(ClientTest, SaysWhyThereIsNoAnswer) {
  auto client = Client::open({});
  ASSERT_TRUE(client) << client.error();
  const RequestOutcome outcome = client->send(
      {.url = "http://127.0.0.1:1/", .fields = {{"A", "b"}}, .content = "{}"}, [] { return false; });
  const auto* const none = std::get_if<NoAnswer>(&outcome);
  ASSERT_NE(none, nullptr);
  EXPECT_THAT(none->reason, HasSubstr("127.0.0.1 port 1"));
}

TEST(ClientTest, EndsWhenItIsTold) {
  auto client = Client::open({});
  ASSERT_TRUE(client) << client.error();
  const RequestOutcome outcome = client->send({.url = "http://127.0.0.1:1/"}, [] { return true; });
  EXPECT_TRUE(std::holds_alternative<Aborted>(outcome));
}

TEST(ClientTest, GivesContentToASink) {
  const std::string text(1'000'000, 'x');
  const auto [content, outcome] =
      taken("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 1000000\r\n\r\n" + text);
  EXPECT_EQ(content, text);
  const auto* const answer = std::get_if<Answer>(&outcome);
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->field("etag"), "\"a\"");
  EXPECT_EQ(answer->content, "");
}

TEST(ClientTest, KeepsTheContentOfOtherAnswersFromTheSink) {
  const auto [content, outcome] =
      taken("HTTP/1.1 404 No\r\nContent-Length: 26\r\n\r\nabcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(content, "");
  const auto* const answer = std::get_if<Answer>(&outcome);
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->content, "abcdefghij");
  EXPECT_TRUE(answer->is_cut);
}

TEST(ClientTest, TheSinkIsGivenNothingWhereTheHeadIsNotAccepted) {
  for (const bool is_accepted : {false, true}) {
    const OneAnswer server("HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 3\r\n\r\nabc");
    auto client = Client::open({});
    ASSERT_TRUE(client) << client.error();
    std::string content;
    std::string etag;
    const auto outcome = client->send({.method = "GET",
                                       .url = server.url(),
                                       .sink =
                                           [&](std::string_view piece) {
                                             content += piece;
                                             return true;
                                           },
                                       .accepts =
                                           [&](const Answer& head) {
                                             etag = head.field("ETag");
                                             return is_accepted;
                                           }},
                                      [] { return false; });
    EXPECT_EQ(etag, "\"a\"");
    EXPECT_EQ(content, is_accepted ? "abc" : "");
    EXPECT_EQ(std::holds_alternative<Answer>(outcome), is_accepted);
  }
}

// The timeout is that of an answer without a sink, and of a sink the longest time without anything.
TEST(ClientTest, ASinkMayTakeLongerThanTheTimeout) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n" + std::string(400'000, 'x');
  for (const bool has_sink : {true, false}) {
    const OneAnswer server(answer, milliseconds(500));
    auto client = Client::open({.timeout = milliseconds(1500)});
    ASSERT_TRUE(client) << client.error();
    std::size_t bytes = 0;
    Request request{.method = "GET", .url = server.url(), .most_bytes = 400'000};
    if (has_sink)
      request.sink = [&](std::string_view piece) {
        bytes += piece.size();
        return true;
      };
    const auto outcome = client->send(request, [] { return false; });
    EXPECT_EQ(std::holds_alternative<Answer>(outcome), has_sink);
    EXPECT_EQ(bytes, has_sink ? 400'000U : 0U);
  }
}

TEST(ClientTest, HasNoAnswerWhereContentEndsTooSoon) {
  const auto [content, outcome] = taken("HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\nabc");
  EXPECT_EQ(content, "abc");
  EXPECT_TRUE(std::holds_alternative<NoAnswer>(outcome));
}

TEST(ClientTest, EndsWhenTheSinkTakesNoMore) {
  const auto [content, outcome] =
      taken("HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n" + std::string(4'000'000, 'x'), 1);
  EXPECT_LT(content.size(), 4'000'000U);
  const auto* const none = std::get_if<NoAnswer>(&outcome);
  ASSERT_NE(none, nullptr);
  EXPECT_THAT(none->reason, HasSubstr("not taken"));
}

}  // namespace
}  // namespace bobbin::http_client
