#include "uploads/page_origins.h"

#include <gtest/gtest.h>
#include <string_view>
#include <utility>
#include <vector>

namespace bobbin::uploads {
namespace {

using http::Scheme;
using Lines = std::vector<std::pair<std::string_view, std::string_view>>;

bool allows(const Lines& lines, Scheme scheme = Scheme::https, std::string_view authority = "example.org") {
  static const PageOrigins kOrigins(
      {*PageOrigin::parse("https://partner.example"), *PageOrigin::parse("http://localhost:3000")});
  http::RequestHead head;
  head.authority = authority;
  for (const auto& [name, value] : lines) EXPECT_TRUE(head.fields.add({http::FieldName::other, name, value}));
  const Endpoint endpoint;
  return kOrigins.allow({.head = head, .local = endpoint, .scheme = scheme});
}

TEST(PageOriginsTest, WhatIsNoBrowserMaySend) { EXPECT_TRUE(allows({})); }

TEST(PageOriginsTest, PagesOfTheSameOriginMay) {
  EXPECT_TRUE(allows({{"Origin", "https://example.org"}}));
  EXPECT_TRUE(allows({{"origin", "https://EXAMPLE.org:443"}}));
  EXPECT_TRUE(allows({{"Origin", "https://example.org"}}, Scheme::https, "Example.org:443"));
  EXPECT_TRUE(allows({{"Origin", "http://localhost:8080"}}, Scheme::http, "localhost:8080"));
  EXPECT_TRUE(allows({{"Origin", "http://[::1]:8080"}}, Scheme::http, "[::1]:8080"));
}

TEST(PageOriginsTest, OthersMayNot) {
  for (const std::string_view origin :
       {"https://evil.example", "http://example.org", "https://example.org:8443",
        "https://example.org.evil.example", "https://a.example.org", "null", "", "https://", "example.org",
        "https://example.org@evil.example", "https://example.org/", "ftp://example.org",
        "https://example.org https://evil.example"})
    EXPECT_FALSE(allows({{"Origin", origin}})) << origin;
  EXPECT_FALSE(allows({{"Origin", "https://example.org"}, {"Origin", "https://example.org"}})) << "twice";
  EXPECT_FALSE(allows({{"Origin", "null"}}, Scheme::https, "")) << "nothing is the same as nothing";
}

TEST(PageOriginsTest, ListedOnesMay) {
  EXPECT_TRUE(allows({{"Origin", "https://partner.example"}}));
  EXPECT_TRUE(allows({{"Origin", "https://partner.example"}, {"Sec-Fetch-Site", "cross-site"}}));
  EXPECT_TRUE(allows({{"Origin", "http://localhost:3000"}}));
  for (const std::string_view origin :
       {"http://partner.example", "https://www.partner.example", "http://localhost"})
    EXPECT_FALSE(allows({{"Origin", origin}})) << origin;
}

// W3C Fetch Metadata §2.4. A page with the policy no-referrer sends `Origin: null` to its own server, too.
TEST(PageOriginsTest, WhatABrowserSaysOfTheSiteDecides) {
  EXPECT_TRUE(allows({{"Sec-Fetch-Site", "same-origin"}}));
  EXPECT_TRUE(allows({{"Sec-Fetch-Site", "same-origin"}, {"Origin", "null"}}));
  EXPECT_TRUE(allows({{"Sec-Fetch-Site", "none"}}))
      << "somebody has sent it again with the browser's own button";
  for (const std::string_view site : {"cross-site", "same-site", "", "something-new"}) {
    EXPECT_FALSE(allows({{"Sec-Fetch-Site", site}})) << site;
    EXPECT_FALSE(allows({{"sec-fetch-site", site}, {"Origin", "https://example.org"}})) << site;
  }
  EXPECT_FALSE(allows({{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "same-origin"}})) << "twice";
}

}  // namespace
}  // namespace bobbin::uploads
