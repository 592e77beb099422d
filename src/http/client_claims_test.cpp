#include "http/client_claims.h"

#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace bobbin::http {
namespace {

using FieldLines = std::vector<std::pair<std::string, std::string>>;

Endpoint address(std::string_view text) { return parse_address(text).value(); }

class ClaimsTest : public testing::Test {
 protected:
  ClaimsTest() {
    for (const char* text : {"10.0.0.0/8", "2001:db8:1::/48", "unix"})
      trust.proxies.push_back(*Network::parse(text));
  }
  [[nodiscard]] ClientClaims claims(const FieldLines& lines, const Endpoint& peer) const {
    Fields fields;
    for (const auto& [name, value] : lines)
      EXPECT_TRUE(fields.add({.name = FieldName::other, .name_text = name, .value = value}));
    const ClientClaims found = claims_about_client(fields, peer, trust);
    authority = found.authority;
    return found;
  }
  /// The client of a request that the proxy 10.0.0.1 made with these fields.
  [[nodiscard]] std::string client(const FieldLines& lines) const {
    const Endpoint found = claims(lines, address("10.0.0.1")).client;
    return found.port == 0 ? found.address_text() : found.text();
  }
  [[nodiscard]] std::string list(const std::string& value) const {
    return client({{"X-Forwarded-For", value}});
  }
  [[nodiscard]] std::string forwarded(const std::string& value) const {
    return client({{"Forwarded", value}});
  }

  ProxyTrust trust;
  mutable std::string authority;
};

TEST_F(ClaimsTest, AreTheLastAddressThatIsNoTrustedProxy) {
  EXPECT_EQ(list("203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(list("1.1.1.1, 203.0.113.7"), "203.0.113.7")
      << "what the client has sent itself is no proxy's word";
  EXPECT_EQ(list("1.1.1.1, 203.0.113.7, 10.0.0.9, 10.0.0.8"), "203.0.113.7");
  EXPECT_EQ(list("203.0.113.7,10.0.0.9"), "203.0.113.7");
  EXPECT_EQ(list("  203.0.113.7\t, 10.0.0.9  ,, "), "203.0.113.7");
  EXPECT_EQ(list("10.0.0.3, 10.0.0.2"), "10.0.0.3") << "all are trusted: the farthest one has asked";
}

TEST_F(ClaimsTest, OfSeveralLinesAreThoseOfOneListInOrder) {
  EXPECT_EQ(client({{"X-Forwarded-For", "1.1.1.1"}, {"x-forwarded-for", "203.0.113.7"}}), "203.0.113.7");
  EXPECT_EQ(client({{"X-Forwarded-For", "1.1.1.1, 203.0.113.7"},
                    {"Other", "2.2.2.2"},
                    {"X-Forwarded-For", "10.0.0.9"}}),
            "203.0.113.7");
}

TEST_F(ClaimsTest, OfAnybodyElseChangeNothing) {
  const FieldLines lines{{"X-Forwarded-For", "203.0.113.7"},
                         {"Forwarded", "for=203.0.113.7;proto=https;host=evil"},
                         {"X-Real-IP", "203.0.113.7"},
                         {"X-Forwarded-Proto", "https"},
                         {"X-Forwarded-Host", "evil"}};
  trust.scheme_from = trust.host_from = ClaimField::x_forwarded;
  for (const AddressField field :
       {AddressField::x_forwarded_for, AddressField::forwarded, AddressField::x_real_ip}) {
    trust.address_from = field;
    const ClientClaims found = claims(lines, address("11.0.0.1"));
    EXPECT_EQ(found.client, address("11.0.0.1"));
    EXPECT_EQ(found.scheme, std::nullopt);
    EXPECT_EQ(found.authority, "");
  }
}

TEST_F(ClaimsTest, OfAUnixSocketCountWhereItIsTrusted) {
  const Endpoint peer{.family = Endpoint::Family::unix_socket, .port = 17};
  EXPECT_EQ(claims({{"X-Forwarded-For", "203.0.113.7"}}, peer).client, address("203.0.113.7"));
  trust.proxies.pop_back();
  EXPECT_EQ(claims({{"X-Forwarded-For", "203.0.113.7"}}, peer).client, peer);
}

TEST_F(ClaimsTest, WithoutTheFieldAreThePeer) {
  EXPECT_EQ(client({}), "10.0.0.1");
  EXPECT_EQ(client({{"Forwarded", "for=203.0.113.7"}, {"X-Real-IP", "203.0.113.7"}}), "10.0.0.1")
      << "one field is believed, and no other";
}

TEST_F(ClaimsTest, MayHavePortsAndBrackets) {
  EXPECT_EQ(list("203.0.113.7:4711"), "203.0.113.7:4711");
  EXPECT_EQ(list("[2001:db8::7]"), "2001:db8::7");
  EXPECT_EQ(list("[2001:db8::7]:4711"), "[2001:db8::7]:4711");
  EXPECT_EQ(list("2001:db8::7"), "2001:db8::7");
  EXPECT_EQ(list("::ffff:203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(list("203.0.113.7, 10.0.0.9:1, [2001:db8:1::9]:2"), "203.0.113.7");
}

TEST_F(ClaimsTest, EndAtWhatIsNoAddress) {
  for (const std::string garbage :
       {"unknown", "_hidden", "evil.example", "unix:", "203.0.113.7:", "203.0.113.7:x", "203.0.113.7:65536",
        "203.0.113.7 10.0.0.9", "[203.0.113.7]", "[2001:db8::7", "2001:db8::7]", "[2001:db8::7]4711",
        "\"203.0.113.7\"", "for=203.0.113.7", "203.0.113.07", "fe80::1%eth0", "-"}) {
    EXPECT_EQ(list(garbage), "10.0.0.1") << garbage;
    EXPECT_EQ(list("203.0.113.7, " + garbage), "10.0.0.1") << garbage;
    EXPECT_EQ(list(garbage + ", 203.0.113.7"), "203.0.113.7") << garbage;
    EXPECT_EQ(list("1.1.1.1, " + garbage + ", 10.0.0.9"), "10.0.0.9") << "the last good one: " << garbage;
  }
}

TEST_F(ClaimsTest, OfForwardedAreReadLikewise) {  // RFC 7239
  trust.address_from = AddressField::forwarded;
  EXPECT_EQ(forwarded("for=203.0.113.7"), "203.0.113.7");
  EXPECT_EQ(forwarded("For=\"[2001:db8::7]:4711\""), "[2001:db8::7]:4711");
  EXPECT_EQ(forwarded("for=\"[2001:db8::7]\""), "2001:db8::7");
  EXPECT_EQ(forwarded("for=203.0.113.7;proto=http;by=10.0.0.1"), "203.0.113.7");
  EXPECT_EQ(forwarded("proto=http;;by=_x; for=\"203.0.113.7:80\" ;ext=\"a b\""), "203.0.113.7:80");
  EXPECT_EQ(forwarded("for=\"203.0.113.7:_port\""), "203.0.113.7");
  EXPECT_EQ(forwarded("for=1.1.1.1, for=203.0.113.7, for=10.0.0.9"), "203.0.113.7");
  EXPECT_EQ(client({{"Forwarded", "for=1.1.1.1, for=203.0.113.7"}, {"forwarded", "for=10.0.0.9"}}),
            "203.0.113.7");
}

TEST_F(ClaimsTest, OfForwardedEndAtWhatIsNoAddress) {
  trust.address_from = AddressField::forwarded;
  for (const std::string garbage : {"for=unknown",
                                    "for=_hidden",
                                    "for=\"unknown:1\"",
                                    "for=\"_hidden:_p\"",
                                    "proto=https",
                                    "for=",
                                    "for",
                                    "=1",
                                    "for=\"\"",
                                    "for=evil.example",
                                    "for=[2001:db8::7]",
                                    "for=\"2001:db8::7\"",
                                    "for=203.0.113.7:80",
                                    "for=\"203.0.113.7",
                                    "for=203.0.113.7\"",
                                    "for=203.0.113.7;for=203.0.113.7",
                                    "for=203.0.113.7;x",
                                    "for=203.0.113.7;host=a;host=b",
                                    "for=\"203.0.113\\.7\"",
                                    "for = 203.0.113.7",
                                    "for=203.0.113.7 x"}) {
    EXPECT_EQ(forwarded(garbage), "10.0.0.1") << garbage;
    EXPECT_EQ(forwarded("for=1.1.1.1, " + garbage + ", for=10.0.0.9"), "10.0.0.9") << garbage;
  }
}

TEST_F(ClaimsTest, OfForwardedAreNotSwallowedByAQuoteOfTheClient) {
  trust.address_from = AddressField::forwarded;
  for (const std::string front : {"for=\"", "for=1.1.1.1, for=\"", "x=\"\\", "for=1.1.1.1;x=\"a, b", "\""}) {
    EXPECT_EQ(forwarded(front + ", for=203.0.113.7"), "203.0.113.7") << front;
    EXPECT_EQ(forwarded(front + ", for=\"[2001:db8::7]\""), "2001:db8::7") << front;
  }
}

TEST_F(ClaimsTest, OfXRealIpAreOneAddress) {
  trust.address_from = AddressField::x_real_ip;
  EXPECT_EQ(client({{"X-Real-IP", "203.0.113.7"}}), "203.0.113.7");
  EXPECT_EQ(client({{"x-real-ip", "10.0.0.9"}}), "10.0.0.9");
  EXPECT_EQ(client({{"X-Real-IP", "1.1.1.1, 203.0.113.7"}}), "10.0.0.1");
  EXPECT_EQ(client({{"X-Real-IP", "1.1.1.1"}, {"X-Real-IP", "203.0.113.7"}}), "10.0.0.1");
  EXPECT_EQ(client({{"X-Real-IP", "unknown"}}), "10.0.0.1");
  EXPECT_EQ(client({{"X-Forwarded-For", "203.0.113.7"}}), "10.0.0.1");
}

TEST_F(ClaimsTest, AboutSchemeAndHostCountOnlyWhereTheyAreNamed) {
  const FieldLines lines{{"X-Forwarded-Proto", "https"},
                         {"X-Forwarded-Host", "example.org"},
                         {"Forwarded", "for=203.0.113.7;proto=https;host=\"other.example:8443\""}};
  const auto found = [&] { return claims(lines, address("10.0.0.1")); };
  EXPECT_EQ(found().scheme, std::nullopt);
  EXPECT_EQ(found().authority, "");
  trust.scheme_from = ClaimField::x_forwarded;
  EXPECT_EQ(found().scheme, Scheme::https);
  EXPECT_EQ(found().authority, "");
  trust.host_from = ClaimField::x_forwarded;
  EXPECT_EQ(found().authority, "example.org");
  trust.host_from = trust.scheme_from = ClaimField::forwarded;
  EXPECT_EQ(found().authority, "other.example:8443");
  EXPECT_EQ(found().scheme, Scheme::https);
}

TEST_F(ClaimsTest, AboutSchemeAndHostAreTheLastOnes) {
  trust.scheme_from = trust.host_from = ClaimField::x_forwarded;
  const auto found = claims(
      {{"X-Forwarded-Proto", "http, HTTPS"}, {"X-Forwarded-Host", "evil"}, {"X-Forwarded-Host", "a, b"}},
      address("10.0.0.1"));
  EXPECT_EQ(found.scheme, Scheme::https);
  EXPECT_EQ(authority, "b");
  EXPECT_EQ(claims({{"X-Forwarded-Proto", "ftp"}}, address("10.0.0.1")).scheme, std::nullopt);
}

TEST_F(ClaimsTest, OfForwardedAboutSchemeAndHostAreThoseOfTheClientsElement) {
  trust.address_from = AddressField::forwarded;
  trust.scheme_from = trust.host_from = ClaimField::forwarded;
  const auto found =
      claims({{"Forwarded",
               "for=1.1.1.1;host=evil, for=203.0.113.7;host=a;proto=https, for=10.0.0.9;host=b;proto=http"}},
             address("10.0.0.1"));
  EXPECT_EQ(found.client, address("203.0.113.7"));
  EXPECT_EQ(authority, "a");
  EXPECT_EQ(found.scheme, Scheme::https);
}

}  // namespace
}  // namespace bobbin::http
