#include "base/network.h"

#include <gtest/gtest.h>

namespace bobbin {
namespace {

TEST(Network, IsReadAndWritten) {
  struct Case {
    const char* text;
    const char* canonical;
  };
  const Case cases[] = {
      {"192.0.2.1", "192.0.2.1"},
      {"192.0.2.1/32", "192.0.2.1"},
      {"10.0.0.0/8", "10.0.0.0/8"},
      {"10.128.0.0/9", "10.128.0.0/9"},
      {"0.0.0.0/0", "0.0.0.0/0"},
      {"2001:DB8::/32", "2001:db8::/32"},
      {"::/0", "::/0"},
      {"::1", "::1"},
      {"::1/128", "::1"},
      {"fe80::/10", "fe80::/10"},
      {"::ffff:10.0.0.0/104", "10.0.0.0/8"},
      {"::ffff:10.0.0.1", "10.0.0.1"},
      {"unix", "unix"},
  };
  for (const auto& [text, canonical] : cases) {
    const auto network = Network::parse(text);
    ASSERT_TRUE(network) << text;
    EXPECT_EQ(network->text(), canonical);
  }
}

TEST(Network, OfAnotherFormIsNone) {
  for (const char* text : {"",
                           "/",
                           "/8",
                           "10.0.0.0/",
                           "10.0.0.0/33",
                           "10.0.0.0/-1",
                           "10.0.0.0/08",
                           "10.0.0.0/8/8",
                           "10.0.0.1/8",
                           "10.0.0.0/6",
                           "10/8",
                           "::1/127",
                           "::/129",
                           "2001:db8::1/32",
                           "::ffff:10.0.0.0/95",
                           "::ffff:10.0.0.0/8",
                           "localhost",
                           "unix/0",
                           "UNIX",
                           "10.0.0.0/8 ",
                           "10.0.0.0/99999999999"})
    EXPECT_FALSE(Network::parse(text)) << text;
}

TEST(Network, ContainsWhatSharesItsPrefix) {
  struct Case {
    const char* network;
    const char* inside;
    const char* outside;
  };
  const Case cases[] = {
      {"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
      {"10.128.0.0/9", "10.128.0.0", "10.127.255.255"},
      {"192.0.2.1", "192.0.2.1", "192.0.2.2"},
      {"0.0.0.0/0", "255.255.255.255", "::1"},
      {"::/0", "2001:db8::1", "127.0.0.1"},
      {"2001:db8::/63", "2001:db8:0:1::ffff", "2001:db8:0:2::"},
      {"::ffff:10.0.0.0/104", "10.1.1.1", "::10.1.1.1"},
  };
  for (const auto& [text, inside, outside] : cases) {
    const auto network = Network::parse(text);
    ASSERT_TRUE(network) << text;
    EXPECT_TRUE(network->contains(*parse_address(inside))) << text;
    EXPECT_FALSE(network->contains(*parse_address(outside))) << text;
  }
}

TEST(Network, OfUnixSocketsContainsThoseAlone) {
  const Endpoint peer{.family = Endpoint::Family::unix_socket, .port = 17};
  EXPECT_TRUE(Network::parse("unix")->contains(peer));
  EXPECT_FALSE(Network::parse("unix")->contains(*parse_address("127.0.0.1")));
  EXPECT_FALSE(Network::parse("0.0.0.0/0")->contains(peer));
  EXPECT_FALSE(Network::parse("::/0")->contains(peer));
}

TEST(Networks, ContainWhatOneOfThemContains) {
  const Networks networks{*Network::parse("10.0.0.0/8"), *Network::parse("::1")};
  EXPECT_TRUE(contains(networks, *parse_address("10.1.2.3")));
  EXPECT_TRUE(contains(networks, *parse_address("::1")));
  EXPECT_FALSE(contains(networks, *parse_address("127.0.0.1")));
  EXPECT_FALSE(contains({}, *parse_address("127.0.0.1")));
}

}  // namespace
}  // namespace bobbin
