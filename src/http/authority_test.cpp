#include "http/authority.h"

#include <gtest/gtest.h>
#include <string_view>

namespace bobbin::http {
namespace {

TEST(Authority, IsAHostAndPerhapsAPort) {
  const std::string_view well_formed[] = {
      // reg-name (RFC 3986 §3.2.2)
      "a", "example.org", "EXAMPLE.org.", "xn--nxasmq6b.example", "a_b~c!d$e&f'g(h)i*j+k;l=m",
      "%C3%A9.example", "-", ".", "example.org:80", "localhost:65535", "localhost:0080",
      // RFC 3986 §3.2.3: port = *DIGIT
      "localhost:",
      // IPv4address, and what merely looks like one is a name
      "127.0.0.1", "127.0.0.1:8080", "1.2.3", "999.1.1.1",
      // IP-literal
      "[::1]", "[::1]:8080", "[::1]:", "[::]", "[2001:db8::ff00:42:8329]", "[2001:DB8::1]",
      "[1:2:3:4:5:6:7:8]", "[::ffff:192.0.2.1]",
      // IPvFuture = "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
      "[v1.a]", "[vF.a:b]:80", "[V7.x-y]"};
  for (const std::string_view text : well_formed) EXPECT_TRUE(is_authority(text)) << text;
}

TEST(Authority, IsNothingElse) {
  const std::string_view malformed[] = {
      // RFC 9110 §4.2.1: an empty host
      "", ":", ":80",
      // a port is digits, once
      "foo:bar", "a:b:80", "a:80:80", "a:80x", "a:-1", "a:+1", "a:8 0", "a::", "a:65536",
      "a:99999999999999999999",
      // a percent-encoding is complete
      "%zz", "%", "a%4", "a%4:80", "a%g0",
      // IP-literal (RFC 3986 §3.2.2; a zone, RFC 6874, is of the client's machine and never sent)
      "[::1", "::1", "]", "[", "[]", "[1:2:3]", "[::1%lo]", "[::1%25lo]", "[1::2::3]", "[:::]", "[12345::]",
      "[1:2:3:4:5:6:7:8:9]", "[127.0.0.1]", "[a]", "[::1]x", "[::1]80", "x[::1]", "[[::1]]", "[::1]:x",
      "[::ffff:1.2.3]", "[v.a]", "[v1.]", "[v1]", "[vg.a]", "[v1.a/b]", "[v1.a%41]",
      // what ends or opens an authority, and user information (RFC 9110 §4.2.4)
      "a/b", "a?b", "a#b", "a@b", "u:p@a", "a\\b", "a b", " a", "a\t", "a,b", "a\"b", "a<b", "a^b", "a|b",
      "a{", "caf\xc3\xa9", std::string_view("a\0b", 3)};
  for (const std::string_view text : malformed) EXPECT_FALSE(is_authority(text)) << text;
}

}  // namespace
}  // namespace bobbin::http
