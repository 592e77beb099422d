#include "http/host_policy.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace bobbin::http {
namespace {

Endpoint at(std::string_view address, std::uint16_t port) {
  Endpoint endpoint = parse_address(address).value();
  endpoint.port = port;
  return endpoint;
}

TEST(HostPolicy, AUnixSocketIsLocalAndItsPortIsLeftOut) {
  const HostPolicy policy({{.host = "example.org"}}, HostPolicy::Addresses::ours);
  const Endpoint local{.family = Endpoint::Family::unix_socket, .port = 80};
  const auto accepts = [&](const char* text) {
    return policy.precision(parse_authority(text), local, {local}) > Precision::none;
  };
  for (const char* text :
       {"localhost", "127.0.0.1", "[::1]", "localhost:80", "example.org", "example.org:80"})
    EXPECT_TRUE(accepts(text)) << text;
  for (const char* text : {"localhost:8080", "example.org:8080", "evil.com", "unix", "0.0.0.0"})
    EXPECT_FALSE(accepts(text)) << text;
}

TEST(Authority, IsTakenApart) {  // RFC 3986 §3.2.2, §3.2.3
  struct Case {
    const char* text;
    const char* host;
    std::optional<std::uint16_t> port;
  };
  const Case cases[] = {
      {"localhost", "localhost", std::nullopt},
      {"localhost:8080", "localhost", 8080},
      {"LocalHost:8080", "localhost", 8080},
      {"localhost.", "localhost", std::nullopt},
      {"localhost.:8080", "localhost", 8080},
      {"localhost..", "localhost.", std::nullopt},  // one dot, not all
      {"localhost:", "localhost", std::nullopt},    // §3.2.3: an empty port is none
      {"example.com:0", "example.com", 0},
      {"example.com:65535", "example.com", 65535},
      {"example.com:00080", "example.com", 80},
      {"127.0.0.1:80", "127.0.0.1", 80},
      {"127.0.0.1.", "127.0.0.1", std::nullopt},
      {"[::1]", "[::1]", std::nullopt},
      {"[::1]:8080", "[::1]", 8080},
      {"[::1]:", "[::1]", std::nullopt},
      {"[0:0:0:0:0:0:0:1]:8080", "[::1]", 8080},
      {"[2001:DB8:0::1]", "[2001:db8::1]", std::nullopt},
      {"[::ffff:127.0.0.1]:80", "127.0.0.1", 80},
      {"a_b~c!$&'()*+,;=-x", "a_b~c!$&'()*+,;=-x", std::nullopt},
      {"a%41b", "a%41b", std::nullopt},
      {"xn--bcher-kva.example", "xn--bcher-kva.example", std::nullopt},
  };
  for (const auto& [text, host, port] : cases) {
    SCOPED_TRACE(text);
    const auto authority = parse_authority(text);
    ASSERT_TRUE(authority);
    EXPECT_EQ(authority->host, host);
    EXPECT_EQ(authority->port, port);
  }
}

TEST(Authority, OfAnotherFormIsNone) {
  const std::string_view cases[] = {
      "",
      ".",
      ":",
      ":8080",
      ".:80",
      "user@localhost",
      "user:pass@localhost",
      "localhost:80a",
      "localhost:-1",
      "localhost:+80",
      "localhost: 80",
      "localhost:65536",
      "localhost:99999999999999999999",
      "localhost:80:80",
      "local host",
      " localhost",
      "localhost ",
      "local/host",
      "local?host",
      "local#host",
      "local\\host",
      "a\"b",
      "a<b",
      "a^b",
      "a|b",
      "b\xC3\xBC"
      "cher.example",
      std::string_view("a\0b", 3),
      "a%4",
      "a%",
      "a%zz",
      "::1",
      "::1:8080",
      "[::1",
      "::1]",
      "[]",
      "[",
      "]",
      "[::1]x",
      "[::1]x:80",
      "x[::1]",
      "[[::1]]",
      "[::1].",
      "[127.0.0.1]",
      "[localhost]",
      "[v1.x]",
      "[fe80::1%25eth0]",
      "[fe80::1%eth0]",
      "[::1]:x",
  };
  for (const std::string_view text : cases) EXPECT_FALSE(parse_authority(text)) << text;
}

TEST(AllowHost, IsTakenApart) {
  using enum HostPolicy::Allowed::Port;
  struct Case {
    const char* text;
    const char* host;
    HostPolicy::Allowed::Port port_rule;
    std::uint16_t port;
  };
  const Case cases[] = {
      {"example.com", "example.com", ours_or_none, 0},
      {"Example.COM.", "example.com", ours_or_none, 0},
      {"example.com:443", "example.com", exactly, 443},
      {"example.com:*", "example.com", any, 0},
      {"[2001:DB8::1]:*", "[2001:db8::1]", any, 0},
      {"[2001:db8::1]", "[2001:db8::1]", ours_or_none, 0},
      {"10.0.0.1:80", "10.0.0.1", exactly, 80},
      {"*", "*", any, 0},
      {"*.Example.com", "*.example.com", ours_or_none, 0},
      {"*.example.com:81", "*.example.com", exactly, 81},
      {"*.example.com:*", "*.example.com", any, 0},
  };
  for (const auto& [text, host, port_rule, port] : cases) {
    SCOPED_TRACE(text);
    const auto allowed = HostPolicy::parse_allowed(text);
    ASSERT_TRUE(allowed);
    EXPECT_EQ(allowed->host, host);
    EXPECT_EQ(allowed->port_rule, port_rule);
    EXPECT_EQ(allowed->port, port);
  }
  for (const char* text : {"",
                           ":80",
                           ":*",
                           "example.com:",
                           "example.com:65536",
                           "example.com:80:*",
                           "http://example.com",
                           "example.com/",
                           "a b",
                           "*:80",
                           "*:*",
                           "*.",
                           "*.*",
                           "*.*.example.com",
                           "*.:80",
                           "*.10.0.0.1",
                           "*.[::1]",
                           "a.*.example.com",
                           "**",
                           "::1",
                           "2001:db8::1"})
    EXPECT_FALSE(HostPolicy::parse_allowed(text)) << text;
}

struct Accepts {
  const char* authority;
  bool accepted;
};

void expect(const HostPolicy& policy, const Endpoint& local, const std::vector<Endpoint>& bound,
            const std::vector<Accepts>& cases) {
  for (const auto& [authority, accepted] : cases)
    EXPECT_EQ(policy.precision(parse_authority(authority), local, bound) != Precision::none, accepted)
        << authority << " at " << local.text();
}

TEST(HostPolicy, AcceptsOurselvesOnLoopback) {  // CONTRACT §4
  const Endpoint local = at("127.0.0.1", 8080);
  expect(HostPolicy({}, HostPolicy::Addresses::ours), local, {local},
         {
             {"localhost:8080", true},
             {"LOCALHOST:8080", true},
             {"localhost.:8080", true},
             {"127.0.0.1:8080", true},
             {"[::1]:8080", true},
             {"[0:0::1]:8080", true},
             {"[::ffff:127.0.0.1]:8080", true},
             {"localhost", false},  // our port is not 80
             {"localhost:", false},
             {"127.0.0.1", false},
             {"localhost:80", false},
             {"localhost:8081", false},
             {"127.0.0.2:8080", false},
             {"127.1:8080", false},
             {"0.0.0.0:8080", false},
             {"[::]:8080", false},
             {"evil.com", false},
             {"evil.com:8080", false},
             {"localhost.evil.com:8080", false},
             {"evil.localhost:8080", false},
             {"user@localhost:8080", false},
             {"localhost:8080:8080", false},
             {"", false},
             {":8080", false},
             {"*", false},
             {"*:8080", false},
         });
}

TEST(HostPolicy, NeedsNoPortWhenOursIsEighty) {  // RFC 9110 §4.2.1
  const Endpoint local = at("127.0.0.1", 80);
  expect(HostPolicy({}, HostPolicy::Addresses::ours), local, {local},
         {{"localhost", true},
          {"localhost:80", true},
          {"localhost:", true},
          {"[::1]", true},
          {"127.0.0.1", true},
          {"localhost:8080", false},
          {"evil.com", false}});
}

TEST(HostPolicy, AcceptsTheAddressOfArrivalOnAWildcard) {
  const std::vector<Endpoint> bound = {at("0.0.0.0", 8080)};
  expect(HostPolicy({}, HostPolicy::Addresses::ours), at("192.0.2.7", 8080), bound,
         {{"192.0.2.7:8080", true},
          {"0.0.0.0:8080", true},
          {"localhost:8080", true},
          {"127.0.0.1:8080", true},
          {"[::1]:8080", true},
          {"192.0.2.8:8080", false},
          {"192.0.2.7:80", false},
          {"192.0.2.7", false}});
  expect(HostPolicy({}, HostPolicy::Addresses::ours), at("2001:db8::7", 8080), {at("::", 8080)},
         {{"[2001:db8::7]:8080", true},
          {"[2001:0DB8:0:0::7]:8080", true},
          {"[::]:8080", true},
          {"localhost:8080", true},
          {"127.0.0.1:8080", true},
          {"[2001:db8::8]:8080", false}});
}

TEST(HostPolicy, IsNotLocalhostWhenBoundToAnAddress) {
  const Endpoint local = at("192.0.2.7", 8080);
  expect(HostPolicy({}, HostPolicy::Addresses::ours), local, {local},
         {{"192.0.2.7:8080", true},
          {"localhost:8080", false},
          {"127.0.0.1:8080", false},
          {"[::1]:8080", false}});
}

TEST(HostPolicy, AcceptsTheAddressesOfAllListeners) {
  const std::vector<Endpoint> bound = {at("192.0.2.7", 8080), at("::1", 8080)};
  expect(HostPolicy({}, HostPolicy::Addresses::ours), at("192.0.2.7", 8080), bound,
         {{"192.0.2.7:8080", true}, {"[::1]:8080", true}, {"localhost:8080", true}});
}

TEST(HostPolicy, AcceptsTheAllowedNames) {
  std::vector<HostPolicy::Allowed> allowed;
  for (const char* text :
       {"plain.example", "exact.example:9000", "any.example:*", "10.1.2.3", "[2001:db8::5]:*"})
    allowed.push_back(HostPolicy::parse_allowed(text).value());
  const Endpoint local = at("127.0.0.1", 8080);
  expect(HostPolicy(allowed, HostPolicy::Addresses::ours), local, {local},
         {
             {"plain.example", true},
             {"plain.example:8080", true},
             {"PLAIN.example.", true},
             {"plain.example:80", false},
             {"sub.plain.example", false},
             {"exact.example:9000", true},
             {"exact.example", false},
             {"exact.example:8080", false},
             {"any.example", true},
             {"any.example:1", true},
             {"any.example:x", false},
             {"10.1.2.3", true},
             {"10.1.2.3:8080", true},
             {"10.1.2.3:81", false},
             {"[2001:db8:0::5]:77", true},
             {"localhost:8080", true},
             {"evil.com", false},
         });
}

TEST(HostPolicy, ChecksNothingWhenEverythingIsAllowed) {
  const HostPolicy policy({HostPolicy::parse_allowed("*").value()}, HostPolicy::Addresses::ours);
  const Endpoint local = at("127.0.0.1", 8080);
  expect(policy, local, {local}, {{"evil.com", true}, {"evil.com:1", true}, {"localhost:8080", true}});
}

TEST(HostPolicy, MatchesTheNamesBelowAPattern) {
  const HostPolicy policy({HostPolicy::parse_allowed("*.example.org").value()}, HostPolicy::Addresses::none);
  const Endpoint local = at("127.0.0.1", 8080);
  expect(policy, local, {local},
         {{"a.example.org", true},
          {"A.B.Example.org.:8080", true},
          {"a.example.org:81", false},
          {"example.org", false},
          {".example.org", false},
          {"aexample.org", false},
          {"a.example.org.evil.com", false}});
}

TEST(HostPolicy, AnswersForOurAddressesOnlyWhereItShall) {
  const Endpoint local = at("127.0.0.1", 80);
  expect(HostPolicy({HostPolicy::parse_allowed("a.example").value()}, HostPolicy::Addresses::none), local,
         {local}, {{"a.example", true}, {"localhost", false}, {"127.0.0.1", false}});
}

TEST(HostPolicy, KnowsWhichNameSaysMost) {
  const Endpoint local = at("127.0.0.1", 80);
  const auto precision = [&](const char* allowed, const char* authority) {
    return HostPolicy({HostPolicy::parse_allowed(allowed).value()}, HostPolicy::Addresses::none)
        .precision(parse_authority(authority), local, {local});
  };
  EXPECT_EQ(precision("a.b.example", "a.b.example"), Precision::exact);
  EXPECT_GT(precision("a.b.example", "a.b.example"), precision("*.b.example", "a.b.example"));
  EXPECT_GT(precision("*.b.example", "a.b.example"), precision("*.example", "a.b.example"));
  EXPECT_GT(precision("*.example", "a.b.example"), precision("*", "a.b.example"));
  EXPECT_GT(precision("*", "a.b.example"), precision("other.example", "a.b.example"));
}

TEST(AllowingOption, IsWhatThePolicyTakes) {  // CONTRACT §2
  const Endpoint local = at("127.0.0.1", 8080);
  const std::pair<const char*, const char*> cases[] = {{"example.org", "example.org"},
                                                       {"Example.org.:8080", "example.org"},
                                                       {"localhost:9000", "localhost:9000"},
                                                       {"localhost", "localhost"},
                                                       {"[::2]:81", "[::2]:81"}};
  for (const auto& [authority, option] : cases) {
    const Authority refused = parse_authority(authority).value();
    EXPECT_EQ(allowing_option(refused, local), option);
    const HostPolicy policy({HostPolicy::parse_allowed(option).value()}, HostPolicy::Addresses::none);
    EXPECT_EQ(policy.precision(refused, local, {local}), Precision::exact) << authority;
  }
}

// RFC 9110 §4.2.2, §7.2: the port that is left out is that of the scheme.
TEST(HostPolicy, OverTlsThePortMayBeLeftOutWhereItIs443) {
  const HostPolicy policy({}, HostPolicy::Addresses::ours);
  const auto accepts = [&policy](std::string_view host, std::uint16_t port, Scheme scheme) {
    const Endpoint local = at("127.0.0.1", port);
    return policy.precision(parse_authority(host), local, {local}, scheme) != Precision::none;
  };
  EXPECT_TRUE(accepts("localhost", 443, Scheme::https));
  EXPECT_TRUE(accepts("localhost:443", 443, Scheme::https));
  EXPECT_FALSE(accepts("localhost", 80, Scheme::https));
  EXPECT_FALSE(accepts("localhost", 443, Scheme::http));
  EXPECT_TRUE(accepts("localhost:8443", 8443, Scheme::https));
}

}  // namespace
}  // namespace bobbin::http
