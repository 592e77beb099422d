#include "http_client/url.h"

#include <gtest/gtest.h>

namespace bobbin::http_client {
namespace {

TEST(UrlTest, IsOneUnderHttpOrHttps) {
  for (const char* url :
       {"http://localhost", "http://127.0.0.1:9000/events", "https://[::1]:8443/in/box?a=b%20c",
        "HTTPS://example.org/", "http://example.org?a=b@c", "http://example.org/@a"})
    EXPECT_EQ(fault_of_url(url), std::nullopt) << url;
  for (const char* url :
       {"", "http://", "http:///events", "example.org", "ftp://example.org/", "file:///etc/passwd",
        "http://example.org/a b", "http://example.org/#fragment", "http://example.org:99999/",
        "http://ex\xC3\xA4mple.org/", "http://a,b/", "http://example.org\r\n/", "//example.org/"})
    EXPECT_EQ(fault_of_url(url), UrlFault::form) << url;
}

TEST(UrlTest, HasNoUserInformation) {
  for (const char* url :
       {"http://user:password@example.org/", "https://token@example.org", "http://@example.org/",
        "http://a@b@example.org/", "http://user:pass word@example.org/"})
    EXPECT_EQ(fault_of_url(url), UrlFault::user_information) << url;
}

}  // namespace
}  // namespace bobbin::http_client
