#include "http/percent_encoding.h"

#include <gtest/gtest.h>

namespace bobbin::http {
namespace {

// RFC 3986 §3.3: pchar = unreserved / pct-encoded / sub-delims / ":" / "@".
TEST(PercentEncoding, EncodesWhatAPathCannotHold) {
  struct Case {
    std::string_view path, want;
  };
  const Case cases[] = {
      {"/a/b.txt", "/a/b.txt"},
      {"/with space", "/with%20space"},
      {"/100%", "/100%25"},
      {"/a?b#c", "/a%3Fb%23c"},
      {"/-._~!$&'()*+,;=:@", "/-._~!$&'()*+,;=:@"},
      {"/\xc3\xa9", "/%C3%A9"},
      {"/\"<>\\^`{|}", "/%22%3C%3E%5C%5E%60%7B%7C%7D"},
      {std::string_view("/\r\n\0", 4), "/%0D%0A%00"},
  };
  for (const auto& [path, want] : cases) {
    SCOPED_TRACE(path);
    EXPECT_EQ(encode_path(path), want);
  }
}

}  // namespace
}  // namespace bobbin::http
