#include "base/endpoint.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <utility>

namespace bobbin {
namespace {

Endpoint ipv4(std::array<std::uint8_t, 4> bytes, std::uint16_t port = 0) {
  Endpoint endpoint;
  endpoint.port = port;
  std::copy(bytes.begin(), bytes.end(), endpoint.address.begin());
  return endpoint;
}

/// From eight groups of 16 bits.
Endpoint ipv6(std::array<unsigned, 8> groups, std::uint16_t port = 0) {
  Endpoint endpoint{Endpoint::Family::ipv6, port, {}};
  for (std::size_t i = 0; i < 8; ++i) {
    endpoint.address[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
    endpoint.address[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xFF);
  }
  return endpoint;
}

TEST(Endpoint, WritesIpv4) {
  EXPECT_EQ(ipv4({127, 0, 0, 1}).address_text(), "127.0.0.1");
  EXPECT_EQ(ipv4({0, 0, 0, 0}).address_text(), "0.0.0.0");
  EXPECT_EQ(ipv4({255, 255, 255, 255}).address_text(), "255.255.255.255");
  EXPECT_EQ(ipv4({192, 0, 2, 10}, 8080).text(), "192.0.2.10:8080");
  EXPECT_EQ(ipv4({192, 0, 2, 10}, 65535).text(), "192.0.2.10:65535");
}

TEST(Endpoint, WritesIpv6AsRfc5952Recommends) {
  struct Case {
    std::array<unsigned, 8> groups;
    const char* text;
  };
  const Case cases[] = {
      {{0x2001, 0xdb8, 0, 0, 1, 0, 0, 1}, "2001:db8::1:0:0:1"},     // §4.2.3: the first of equal runs
      {{0x2001, 0xdb8, 0, 0, 0, 0, 2, 1}, "2001:db8::2:1"},         // §4.2.1: shortened as much as possible
      {{0x2001, 0xdb8, 0, 1, 1, 1, 1, 1}, "2001:db8:0:1:1:1:1:1"},  // §4.2.2: one group is not shortened
      {{0x2001, 0, 0, 1, 0, 0, 0, 1}, "2001:0:0:1::1"},             // §4.2.3: the longest run
      {{0x2001, 0xdb8, 0, 0, 0, 0, 0, 1}, "2001:db8::1"},           // §4.1: no leading zeros
      {{0x2001, 0xdb8, 0xaaaa, 0xbbbb, 0xcccc, 0xdddd, 0xeeee, 0xaaaa},
       "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa"},  // §4.3: lower case
      {{0, 0, 0, 0, 0, 0, 0, 0}, "::"},
      {{0, 0, 0, 0, 0, 0, 0, 1}, "::1"},
      {{1, 0, 0, 0, 0, 0, 0, 0}, "1::"},
      {{1, 0, 0, 0, 0, 0, 0, 8}, "1::8"},
      {{0, 0, 3, 4, 5, 6, 7, 8}, "::3:4:5:6:7:8"},
      {{1, 2, 3, 4, 5, 6, 0, 0}, "1:2:3:4:5:6::"},
      {{0, 2, 3, 4, 5, 6, 7, 0}, "0:2:3:4:5:6:7:0"},
      {{0, 0, 3, 0, 0, 0, 7, 8}, "0:0:3::7:8"},
      {{0xfe80, 0, 0, 0, 0x1234, 0x10, 0x100, 0x1000}, "fe80::1234:10:100:1000"},
  };
  for (const auto& [groups, text] : cases) EXPECT_EQ(ipv6(groups).address_text(), text);
  EXPECT_EQ(ipv6({0, 0, 0, 0, 0, 0, 0, 1}, 8080).text(), "[::1]:8080");  // §6
}

TEST(Endpoint, KnowsWildcards) {
  EXPECT_TRUE(ipv4({0, 0, 0, 0}, 80).is_wildcard());
  EXPECT_TRUE(ipv6({0, 0, 0, 0, 0, 0, 0, 0}).is_wildcard());
  EXPECT_FALSE(ipv4({127, 0, 0, 1}).is_wildcard());
  EXPECT_FALSE(ipv4({0, 0, 0, 1}).is_wildcard());
  EXPECT_FALSE(ipv6({0, 0, 0, 0, 0, 0, 0, 1}).is_wildcard());
}

TEST(Endpoint, KnowsLoopback) {
  EXPECT_TRUE(ipv4({127, 0, 0, 1}).is_loopback());
  EXPECT_TRUE(ipv4({127, 255, 3, 4}).is_loopback());  // RFC 1122 §3.2.1.3: all of 127/8
  EXPECT_TRUE(ipv6({0, 0, 0, 0, 0, 0, 0, 1}).is_loopback());
  EXPECT_FALSE(ipv4({128, 0, 0, 1}).is_loopback());
  EXPECT_FALSE(ipv4({0, 0, 0, 0}).is_loopback());
  EXPECT_FALSE(ipv6({0, 0, 0, 0, 0, 0, 0, 0}).is_loopback());
  EXPECT_FALSE(ipv6({0, 0, 0, 0, 0, 0, 0, 2}).is_loopback());
  EXPECT_FALSE(ipv6({0x7f00, 0, 0, 0, 0, 0, 0, 1}).is_loopback());
}

TEST(ParseAddress, TakesIpv4) {
  const std::pair<const char*, std::array<std::uint8_t, 4>> cases[] = {
      {"127.0.0.1", {127, 0, 0, 1}},
      {"0.0.0.0", {0, 0, 0, 0}},
      {"255.255.255.255", {255, 255, 255, 255}},
      {"192.0.2.10", {192, 0, 2, 10}},
      // RFC 4291 §2.5.5.2: mapped, and so the same client
      {"::ffff:192.0.2.10", {192, 0, 2, 10}},
      {"0:0:0:0:0:FFFF:c000:20a", {192, 0, 2, 10}},
  };
  for (const auto& [text, bytes] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(parse_address(text), ipv4(bytes));
  }
}

TEST(ParseAddress, TakesIpv6) {  // RFC 4291 §2.2
  const std::pair<const char*, std::array<unsigned, 8>> cases[] = {
      {"ABCD:EF01:2345:6789:ABCD:EF01:2345:6789",
       {0xabcd, 0xef01, 0x2345, 0x6789, 0xabcd, 0xef01, 0x2345, 0x6789}},
      {"2001:DB8:0:0:8:800:200C:417A", {0x2001, 0xdb8, 0, 0, 8, 0x800, 0x200c, 0x417a}},
      {"2001:DB8::8:800:200C:417A", {0x2001, 0xdb8, 0, 0, 8, 0x800, 0x200c, 0x417a}},
      {"FF01::101", {0xff01, 0, 0, 0, 0, 0, 0, 0x101}},
      {"::1", {0, 0, 0, 0, 0, 0, 0, 1}},
      {"::", {0, 0, 0, 0, 0, 0, 0, 0}},
      {"1::", {1, 0, 0, 0, 0, 0, 0, 0}},
      {"0001:0002::", {1, 2, 0, 0, 0, 0, 0, 0}},
      {"1:2:3:4:5:6:7::", {1, 2, 3, 4, 5, 6, 7, 0}},
      {"::2:3:4:5:6:7:8", {0, 2, 3, 4, 5, 6, 7, 8}},
      {"0:0:0:0:0:0:13.1.68.3", {0, 0, 0, 0, 0, 0, 0x0d01, 0x4403}},
      {"::13.1.68.3", {0, 0, 0, 0, 0, 0, 0x0d01, 0x4403}},
      {"64:ff9b::192.0.2.33", {0x64, 0xff9b, 0, 0, 0, 0, 0xc000, 0x221}},
  };
  for (const auto& [text, groups] : cases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(parse_address(text), ipv6(groups));
  }
}

TEST(ParseAddress, TakesNothingElse) {
  const char* cases[] = {
      "",
      ".",
      "localhost",
      "1",
      "127.1",
      "127.0.0",
      "127.0.0.1.",
      ".127.0.0.1",
      "127.0.0.1.5",
      "127..0.1",
      "256.0.0.1",
      "1.2.3.1000",
      "01.2.3.4",
      "1.2.3.00",
      "0x7f.0.0.1",
      "1.2.3.+4",
      "1.2.3.-4",
      " 127.0.0.1",
      "127.0.0.1 ",
      "127.0.0.1:80",
      "2130706433",
      ":",
      ":::",
      "::1::",
      "1::2::3",
      ":1:2:3:4:5:6:7:8",
      "1:2:3:4:5:6:7:8:",
      "1:2:3:4:5:6:7:",
      ":2:3:4:5:6:7:8",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "::1:2:3:4:5:6:7:8",
      "1:2:3:4::5:6:7:8",
      "12345::",
      "g::1",
      "1:::2",
      "[::1]",
      "::1]",
      "fe80::1%eth0",
      "::1 ",
      "1::-1",
      "1:2:3:4:5:6:7:1.2.3.4",
      "1.2.3.4::",
      "::1.2.3.4:5",
      "::1.2.3",
      "::1.2.3.4.5",
      "::1.2.3.256",
      "1:2:3:4:5:6:1.2.3.4::",
      "1:2:3:4:5::6:1.2.3.4:",
  };
  for (const char* text : cases) EXPECT_FALSE(parse_address(text)) << text;
}

TEST(EndpointOfAUnixSocket, IsLocalAndHasNoAddress) {
  const Endpoint peer{.family = Endpoint::Family::unix_socket, .port = 17};
  EXPECT_TRUE(peer.is_unix_socket());
  EXPECT_TRUE(peer.is_loopback()) << "only programs on this machine can reach it";
  EXPECT_FALSE(peer.is_wildcard()) << "though every byte of the address is 0";
  EXPECT_EQ(peer.address_text(), "unix");
  EXPECT_EQ(peer.text(), "unix:17");
  EXPECT_NE(peer, (Endpoint{.family = Endpoint::Family::ipv4, .port = 17}));
}

TEST(ParseAddress, ReadsWhatIsWritten) {
  for (const char* text : {"127.0.0.1", "::", "::1", "2001:db8::1:0:0:1", "fe80::1234:10:100:1000"}) {
    const auto endpoint = parse_address(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->address_text(), text);
  }
}

TEST(Endpoint, IsOneClientWhateverPortOrAddressOfItsNetworkItHas) {
  const auto client = [](std::string_view text) { return parse_address(text).value().of_one_client(); };
  Endpoint with_port = *parse_address("192.0.2.1");
  with_port.port = 7;
  EXPECT_EQ(with_port.of_one_client(), client("192.0.2.1"));
  EXPECT_NE(client("192.0.2.1"), client("192.0.2.2"));
  EXPECT_EQ(client("2001:db8::1"), client("2001:db8:0:0:ffff:ffff:ffff:ffff"));
  EXPECT_NE(client("2001:db8::1"), client("2001:db8:0:1::1"));
}

}  // namespace
}  // namespace bobbin
