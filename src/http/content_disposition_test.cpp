#include "http/content_disposition.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace bobbin::http {
namespace {

TEST(Attachment, NamesTheFile) {
  struct Case {
    std::string_view name;
    const char* value;
  };
  const Case cases[] = {
      {"logo.png", R"(attachment; filename="logo.png")"},
      {"with space.txt", R"(attachment; filename="with space.txt")"},
      {"semi;colon=x,y.txt", R"(attachment; filename="semi;colon=x,y.txt")"},
      {"it's.txt", R"(attachment; filename="it's.txt")"},
      // RFC 6266 Appendix D: these are misread in a quoted string by some client
      {"a\"b.txt", R"(attachment; filename="a_b.txt"; filename*=UTF-8''a%22b.txt)"},
      {"a\\b.txt", R"(attachment; filename="a_b.txt"; filename*=UTF-8''a%5Cb.txt)"},
      {"100%.txt", R"(attachment; filename="100_.txt"; filename*=UTF-8''100%25.txt)"},
      {"%41.txt", R"(attachment; filename="_41.txt"; filename*=UTF-8''%2541.txt)"},
      // RFC 8187 §3.2.1; the second is the example of RFC 6266 §5 with a fallback of our own
      {"na\xC3\xAFve.txt", R"(attachment; filename="na_ve.txt"; filename*=UTF-8''na%C3%AFve.txt)"},
      {"\xE2\x82\xAC rates", R"(attachment; filename="_ rates"; filename*=UTF-8''%E2%82%AC%20rates)"},
      {"\xE6\x97\xA5\xE6\x9C\xAC.png",
       R"(attachment; filename="__.png"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.png)"},
      {"\xF0\x9F\x92\xA9", R"(attachment; filename="_"; filename*=UTF-8''%F0%9F%92%A9)"},
      {"\xC3\xA9'*(x).txt", R"(attachment; filename="_'*(x).txt"; filename*=UTF-8''%C3%A9%27%2A%28x%29.txt)"},
      {"\xC3\xA9!#$&+-.^_`|~",
       R"(attachment; filename="_!#$&+-.^_`|~"; filename*=UTF-8''%C3%A9!#$&+-.^_`|~)"},
      // no byte may end the field
      {"a\r\nSet-Cookie: x=y",
       R"(attachment; filename="a__Set-Cookie: x=y"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x%3Dy)"},
      {std::string_view("nul\0.txt", 8), R"(attachment; filename="nul_.txt"; filename*=UTF-8''nul%00.txt)"},
      {"del\x7F.txt", R"(attachment; filename="del_.txt"; filename*=UTF-8''del%7F.txt)"},
      // not UTF-8: the ASCII part
      {"na\xEFve.txt", R"(attachment; filename="nave.txt")"},
      {"\xC3\xA9\xFF.txt", R"(attachment; filename="download.txt")"},
      {".name", R"(attachment; filename=".name")"},
      {"50%\xFF.txt", R"(attachment; filename="50_.txt"; filename*=UTF-8''50%25.txt)"},
      {"\xFF\xFE", R"(attachment; filename="download")"},
      {"", R"(attachment; filename="download")"},
  };
  for (const auto& [name, value] : cases) EXPECT_EQ(attachment(name), value);
}

TEST(Attachment, LetsNoByteEndTheFieldOrTheQuotedString) {
  for (int first = 0; first < 256; ++first) {
    for (const char second : {'a', '"', '\\', '\n', '\x80', '\xBF', '\xFF'}) {
      const std::string value = attachment(std::string{static_cast<char>(first), second, '.', 'x'});
      SCOPED_TRACE(value);
      for (const char c : value) EXPECT_TRUE(c >= 0x20 && c < 0x7F);
      EXPECT_EQ(std::count(value.begin(), value.end(), '"'), 2);
      EXPECT_EQ(value.find('\\'), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace bobbin::http
