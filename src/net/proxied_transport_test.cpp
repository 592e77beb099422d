#include "net/proxied_transport.h"

#include <array>
#include <cerrno>
#include <gtest/gtest.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "net/tcp_transport.h"

namespace bobbin::net {
namespace {

constexpr std::string_view kHeader = "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n";

class ProxiedTransportTest : public testing::Test {
 protected:
  ProxiedTransportTest() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    proxy = os::Fd(ends[0]);
    transport = std::make_unique<ProxiedTransport>(
        std::make_unique<TcpTransport>(os::Fd(ends[1]), peer, local), std::make_unique<Asked>(asked, admits));
  }

  class Asked final : public Admission {
   public:
    Asked(std::vector<std::string>& asked, const bool& answer) : asked_(asked), answer_(answer) {}
    bool admits(const Endpoint& client) override {
      asked_.push_back(client.text());
      return answer_;
    }

   private:
    std::vector<std::string>& asked_;
    const bool& answer_;
  };

  void send(std::string_view text) const {
    EXPECT_EQ(::send(proxy.number(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  /// What arrives; "(error N)" when the call fails.
  std::string receive() const {
    std::array<std::byte, 4096> room;
    const auto count = transport->receive(room);
    if (!count) return "(error " + std::to_string(count.error().code) + ")";
    if (count->kind == Received::Kind::turned_away) return "(turned away)";
    return std::string(as_text(Bytes(room).first(count->count)));
  }
  /// Nothing when it is sent, else what the call failed with.
  std::string answer(std::string_view text) const {
    const Bytes piece = as_bytes(text);
    const auto count = transport->send({&piece, 1}, false);
    return count ? "" : "(error " + std::to_string(count.error().code) + ")";
  }
  const std::string waits = "(error " + std::to_string(EAGAIN) + ")";
  const std::string refused = "(error " + std::to_string(EPROTO) + ")";

  std::vector<std::string> asked;  // whether they are admitted
  bool admits = true;
  const Endpoint peer = *parse_address("10.0.0.1");
  const Endpoint local = *parse_address("10.0.0.2");
  os::Fd proxy;
  std::unique_ptr<ProxiedTransport> transport;
};

TEST_F(ProxiedTransportTest, TakesTheHeaderAndGoesOnAsTheOther) {
  EXPECT_EQ(receive(), waits);
  EXPECT_EQ(transport->client(), peer) << "as long as nothing else is known";
  send(std::string(kHeader) + "GET /");
  EXPECT_EQ(receive(), "GET /");
  EXPECT_EQ(transport->client().text(), "203.0.113.7:4711");
  EXPECT_EQ(transport->peer(), peer);
  EXPECT_EQ(transport->local(), local) << "never what is claimed: Host is judged by it";
  send(kHeader);
  EXPECT_EQ(receive(), kHeader) << "a second one is content";
  EXPECT_EQ(transport->proxy_failure(), "");
}

TEST_F(ProxiedTransportTest, TakesAHeaderThatComesByteByByte) {
  for (const char c : kHeader) {
    EXPECT_EQ(receive(), waits);
    send({&c, 1});
  }
  EXPECT_EQ(receive(), waits) << "the header is whole, and nothing stands behind it";
  EXPECT_EQ(transport->client().text(), "203.0.113.7:4711");
  send("x");
  EXPECT_EQ(receive(), "x");
}

TEST_F(ProxiedTransportTest, SendsNothingBeforeTheHeaderHasCome) {
  send(kHeader.substr(0, 10));
  EXPECT_EQ(answer("503"), "(error " + std::to_string(EINPROGRESS) + ")") << "it waits for the header";
  send(std::string(kHeader.substr(10)) + "GET /");
  EXPECT_EQ(answer("503"), "");
  EXPECT_EQ(transport->client().text(), "203.0.113.7:4711");
  EXPECT_EQ(receive(), "GET /");
}

TEST_F(ProxiedTransportTest, SendsNothingToAnybodyWithoutAHeader) {
  send("GET / HTTP/1.1\r\n");
  EXPECT_EQ(answer("503"), refused);
}

TEST_F(ProxiedTransportTest, SendsNothingToAnybodyWhoHasLeftWithoutAByte) {
  ::shutdown(proxy.number(), SHUT_WR);
  EXPECT_EQ(answer("503"), "(error " + std::to_string(ECONNABORTED) + ")");
}

TEST_F(ProxiedTransportTest, KeepsTheSocketsAddressWhereTheHeaderNamesNobody) {
  send("PROXY UNKNOWN\r\nx");
  EXPECT_EQ(receive(), "x");
  EXPECT_EQ(transport->client(), peer);
}

TEST_F(ProxiedTransportTest, RefusesAnythingElseForGood) {
  send("GET / HTTP/1.1\r\n");
  EXPECT_EQ(receive(), refused);
  EXPECT_EQ(transport->proxy_failure(), "the connection begins with something else");
  EXPECT_EQ(receive(), refused);
}

TEST_F(ProxiedTransportTest, TellsAnEndInTheMiddleFromOneBeforeAnything) {
  send("PROXY TCP4 ");
  ::shutdown(proxy.number(), SHUT_WR);
  EXPECT_EQ(receive(), refused);
  EXPECT_EQ(transport->proxy_failure(), "the connection ended in the middle of it");
}

TEST_F(ProxiedTransportTest, TakesAConnectionWithoutAByteForAnEnd) {
  ::shutdown(proxy.number(), SHUT_WR);
  EXPECT_EQ(receive(), "");
  EXPECT_EQ(transport->proxy_failure(), "");
}

TEST_F(ProxiedTransportTest, TakesAHeaderThatIsAllThatCame) {
  send(kHeader);
  ::shutdown(proxy.number(), SHUT_WR);
  EXPECT_EQ(receive(), "");
  EXPECT_EQ(transport->proxy_failure(), "");
}

TEST_F(ProxiedTransportTest, AsksOnceWhetherTheClientThatIsNamedIsAdmitted) {
  send(std::string(kHeader) + "GET /");
  EXPECT_EQ(receive(), "GET /");
  EXPECT_EQ(answer("200"), "");
  EXPECT_EQ(asked, std::vector<std::string>{"203.0.113.7:4711"});
  EXPECT_TRUE(transport->is_admitted());
}

TEST_F(ProxiedTransportTest, AsksAboutNobodyWhereTheHeaderNamesNobody) {
  admits = false;
  send("PROXY UNKNOWN\r\nx");
  EXPECT_EQ(receive(), "x");
  EXPECT_TRUE(asked.empty());
  EXPECT_TRUE(transport->is_admitted());
}

TEST_F(ProxiedTransportTest, SaysAtOnceThatAClientIsTurnedAway) {
  admits = false;
  send(kHeader);
  EXPECT_EQ(receive(), "(turned away)") << "without waiting for a byte of its own";
  EXPECT_FALSE(transport->is_admitted());
  EXPECT_EQ(answer("429"), "") << "it can be told";
  send("GET /");
  EXPECT_EQ(receive(), "GET /") << "to be discarded, so that the answer is not lost";
  EXPECT_EQ(asked.size(), 1U);
  EXPECT_EQ(transport->proxy_failure(), "");
}

TEST(SizeOfProxiedTransport, IsNoBurdenForPlainOnes) {
  EXPECT_LE(sizeof(ProxiedTransport), sizeof(TcpTransport));
}

}  // namespace
}  // namespace bobbin::net
