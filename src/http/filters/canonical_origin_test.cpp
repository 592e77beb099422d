#include "http/filters/canonical_origin.h"

#include <gtest/gtest.h>

#include "http/test_filter.h"

namespace bobbin::http::filters {
namespace {

struct Ask {
  std::string_view authority;
  Scheme scheme = Scheme::http;
  std::optional<std::uint16_t> redirect_port = {};
  std::string_view target = "/a%20b?q=1";
  std::string_view path = "/a b";
};

/// Where the client is sent; empty: nowhere.
std::string location(const CanonicalOrigin& filter, const Ask& ask) {
  RequestHead head;
  head.target = ask.target;
  head.authority = ask.authority;
  ListenerRules listener;
  listener.redirect_port = ask.redirect_port;
  const Endpoint local;
  const auto response = answer_of(
      filter, {.head = head, .local = local, .scheme = ask.scheme, .path = ask.path, .listener = listener});
  if (!response) return {};
  EXPECT_EQ(response->status, Status::permanent_redirect);
  const std::string name = "Location: ";
  EXPECT_EQ(response->fields.substr(0, name.size()), name);
  return response->fields.substr(name.size(), response->fields.size() - name.size() - 2);
}

TEST(CanonicalOrigin, SendsOtherNamesOnToTheCanonicalOne) {
  const CanonicalOrigin filter("example.org", "");
  EXPECT_EQ(location(filter, {.authority = "www.example.org"}), "http://example.org/a%20b?q=1");
  EXPECT_EQ(location(filter, {.authority = "WWW.example.org:8080"}), "http://example.org:8080/a%20b?q=1");
  EXPECT_EQ(location(filter, {.authority = "www.example.org:443", .scheme = Scheme::https}),
            "https://example.org/a%20b?q=1");
  EXPECT_EQ(location(filter, {.authority = "example.org"}), "");
  EXPECT_EQ(location(filter, {.authority = "Example.org.:80"}), "");
}

TEST(CanonicalOrigin, LeavesAddressesAndLocalhostAlone) {
  const CanonicalOrigin filter("example.org", "");
  for (const char* authority : {"127.0.0.1:8080", "[::1]:8080", "localhost:8080", "", "%zz"})
    EXPECT_EQ(location(filter, {.authority = authority}), "") << authority;
}

TEST(CanonicalOrigin, SendsClearTextOnToTheListenerWithTls) {
  const CanonicalOrigin filter("", "");
  EXPECT_EQ(location(filter, {.authority = "a.example:80", .redirect_port = 443}),
            "https://a.example/a%20b?q=1");
  EXPECT_EQ(location(filter, {.authority = "127.0.0.1:80", .redirect_port = 8443}),
            "https://127.0.0.1:8443/a%20b?q=1");
  EXPECT_EQ(location(filter, {.authority = "a.example", .scheme = Scheme::https, .redirect_port = 443}), "")
      << "a trusted proxy says that it has come by https";
  EXPECT_EQ(location(filter, {.authority = "a.example"}), "");
}

TEST(CanonicalOrigin, DoesBothInOneStep) {
  const CanonicalOrigin filter("example.org", "");
  EXPECT_EQ(location(filter, {.authority = "www.example.org:80", .redirect_port = 443}),
            "https://example.org/a%20b?q=1");
}

TEST(CanonicalOrigin, TakesThePathFromATargetInAbsoluteForm) {
  const CanonicalOrigin filter("example.org", "");
  EXPECT_EQ(location(filter, {.authority = "www.example.org", .target = "http://www.example.org?x"}),
            "http://example.org/?x");
}

TEST(CanonicalOrigin, LeavesTheExemptPathsAndTheServerAsAWholeAlone) {
  const CanonicalOrigin filter("example.org", "/.well-known/acme-challenge");
  EXPECT_EQ(location(filter, {.authority = "www.example.org", .path = "/.well-known/acme-challenge/x"}), "");
  EXPECT_EQ(location(filter, {.authority = "www.example.org", .target = "*", .path = ""}), "");
}

}  // namespace
}  // namespace bobbin::http::filters
