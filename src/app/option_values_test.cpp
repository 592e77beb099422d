#include "app/option_values.h"

#include <gtest/gtest.h>

namespace bobbin::app {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

TEST(Bind, IsAnAddressAUnixSocketOrAPassedDescriptor) {
  EXPECT_EQ(accept_bind("localhost"), "localhost");
  EXPECT_EQ(accept_bind("[::1]"), "::1");
  const std::string longest = "unix:/" + std::string(106, 'x');
  for (const std::string text : {"unix:/run/bobbin.sock", "unix:bobbin.sock", "unix:/a b", longest.c_str(),
                                 "fd:web", "fd:bobbin.socket", "fd:a/b"})
    EXPECT_EQ(accept_bind(text), text);
  const std::string too_long = longest + "x";
  for (const char* text :
       {"unix:", "unix:@abstract", too_long.c_str(), "fd:", "fd:a:b", "fd:a b", "unix", "fd"})
    EXPECT_EQ(accept_bind(text), std::nullopt) << text;
  EXPECT_EQ(accept_bind(std::string_view("unix:a\0b", 8)), std::nullopt);
}

TEST(ModeOfASocket, IsOctal) {
  for (const char* text : {"000", "660", "0660", "0777"}) EXPECT_EQ(accept_mode(text), text);
  for (const char* text : {"", "66", "1660", "00660", "668", "0x1", "rw-", "-660"})
    EXPECT_EQ(accept_mode(text), std::nullopt) << text;
}

TEST(OwnerOfASocket, IsAUserAGroupOrBoth) {
  for (const char* text : {"", "www-data", "www-data:adm", ":adm", "33:4"})
    EXPECT_EQ(accept_owner(text), text);
  for (const char* text : {":", "a:", "a:b:c", "a b", "a\n"})
    EXPECT_EQ(accept_owner(text), std::nullopt) << text;
}

TEST(WholeNumberText, IsDigitsOnly) {
  EXPECT_EQ(parse_whole_number("0"), 0U);
  EXPECT_EQ(parse_whole_number("007"), 7U);
  EXPECT_EQ(parse_whole_number("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "18446744073709551616"}) {
    EXPECT_EQ(parse_whole_number(text), std::nullopt) << text;
  }
}

TEST(TimeText, HasAUnitOrMeansSeconds) {
  struct Case {
    const char* text;
    milliseconds want;
  };
  const Case cases[] = {{"0", 0ms},       {"30", 30s},
                        {"30s", 30s},     {"500ms", 500ms},
                        {"2m", 2min},     {"1h", 1h},
                        {"7d", 168h},     {"0.5", 500ms},
                        {"1.5s", 1500ms}, {"0.001", 1ms},
                        {"0.25m", 15s},   {"1.50h", 90min},
                        {"2.0ms", 2ms},   {"999999999999ms", 999'999'999'999ms}};
  for (const auto& [text, want] : cases) EXPECT_EQ(parse_time(text), want) << text;
  for (const char* text : {"",
                           "s",
                           "-1",
                           "+1",
                           " 1",
                           "1 s",
                           "1S",
                           "1D",
                           ".5",
                           "1.",
                           "1.s",
                           "0.0001",
                           "1.5ms",
                           "1e3",
                           "inf",
                           "1.2.3",
                           "1m30s",
                           "1000000000000",
                           "999999999999d",
                           "0.0000000000001"}) {
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  }
}

TEST(TimeText, IsWrittenInTheLargestWholeUnit) {
  EXPECT_EQ(time_text(0ms), "0");
  EXPECT_EQ(time_text(1500ms), "1500ms");
  EXPECT_EQ(time_text(30s), "30s");
  EXPECT_EQ(time_text(90s), "90s");
  EXPECT_EQ(time_text(120s), "2m");
  EXPECT_EQ(time_text(24h), "24h");
}

TEST(SizeText, HasUnitsOf1024AndOf1000) {
  struct Case {
    const char* text;
    std::uint64_t want;
  };
  const Case cases[] = {
      {"0", 0},           {"16384", 16384},      {"16KiB", 16384},        {"16k", 16384},
      {"16K", 16384},     {"1MiB", 1048576},     {"1m", 1048576},         {"1gib", 1073741824},
      {"1G", 1073741824}, {"2T", 2199023255552}, {"1TiB", 1099511627776}, {"1kB", 1000},
      {"10MB", 10000000}, {"1gb", 1000000000},   {"1TB", 1000000000000}};
  for (const auto& [text, want] : cases) EXPECT_EQ(parse_size(text), want) << text;
  for (const char* text : {"", "k", "-1", "1 k", " 1", "1.5k", "1B", "1P", "1KiBs", "18446744073709551616",
                           "18014398509481984K", "16777216T"}) {
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
  }
}

TEST(SizeText, IsWrittenInTheLargestWholeUnit) {
  EXPECT_EQ(size_text(0), "0");
  EXPECT_EQ(size_text(500), "500");
  EXPECT_EQ(size_text(1500), "1500");
  EXPECT_EQ(size_text(16384), "16KiB");
  EXPECT_EQ(size_text(3 << 20), "3MiB");
  EXPECT_EQ(size_text(1ULL << 40), "1TiB");
}

TEST(ListText, HasCommas) {
  EXPECT_EQ(split_list(""), Strings{});
  EXPECT_EQ(split_list(" \t"), Strings{});
  EXPECT_EQ(split_list("a"), Strings{"a"});
  EXPECT_EQ(split_list(" a , b\t,c"), (Strings{"a", "b", "c"}));
  EXPECT_EQ(split_list("a,,b,"), (Strings{"a", "", "b", ""}));
  EXPECT_EQ(split_list("a, b\nc\n", '\n'), (Strings{"a, b", "c", ""}));
}

TEST(AddressText, IsAnIpAddressOrLocalhost) {
  EXPECT_EQ(accept_address("127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(accept_address("0:0::1"), "::1");
  EXPECT_EQ(accept_address("[::]"), "::");
  EXPECT_EQ(accept_address("LOCALHOST"), "localhost");
  for (const char* text : {"", "example.com", "1.2.3", "127.0.0.1:80", "[::1]:80", "[127.0.0.1]", "[]", "[",
                           "::1]", "fe80::1%eth0", "*", "127.0.0.1 "}) {
    EXPECT_EQ(accept_address(text), std::nullopt) << text;
  }
}

TEST(HostText, IsWhatTheHostPolicyTakes) {
  for (const char* text : {"example.com", "example.com:81", "example.com:*", "*", "[::1]"}) {
    EXPECT_EQ(accept_host(text), text) << text;
  }
  for (const char* text : {"", "a b", "user@example.com", "example.com:x", "http://example.com"}) {
    EXPECT_EQ(accept_host(text), std::nullopt) << text;
  }
}

TEST(ExtensionText, IsKeptLowercaseAndWithoutItsDot) {
  EXPECT_EQ(accept_extension("txt"), "txt");
  EXPECT_EQ(accept_extension(".PNG"), "png");
  EXPECT_EQ(accept_extension("c++"), "c++");
  for (const char* text : {"", ".", "..", "tar.gz", "a/b", "a b", "*", "\xC3\xA4"}) {
    EXPECT_EQ(accept_extension(text), std::nullopt) << text;
  }
}

TEST(RequestPathText, IsOneThatTheServerWouldNotRefuse) {
  for (const char* text : {"/upload", "/a/b", "/.well-known/x", "/a:b@c", "/...", "/~u"}) {
    EXPECT_EQ(accept_request_path(text), text) << text;
  }
  for (const char* text : {"", "/", "upload", "/a/", "//a", "/a//b", "/.", "/..", "/a/../b", "/a/.", "/a b",
                           "/a?b", "/a#b", "/%61", "/a\\b", "/\x7f", "/\xC3\xA4", "/a\n"}) {
    EXPECT_EQ(accept_request_path(text), std::nullopt) << text;
  }
}

TEST(MountPathText, MayEndWithASlash) {
  EXPECT_EQ(accept_mount_path("/docs"), "/docs");
  EXPECT_EQ(accept_mount_path("/a/b/"), "/a/b");
  for (const char* text : {"", "/", "//", "/a//", "a/", "/../"})
    EXPECT_EQ(accept_mount_path(text), std::nullopt) << text;
}

TEST(HiddenNameText, IsAPatternThatBeginsWithADot) {
  for (const char* text : {".nojekyll", ".x-*", ".*", ".?"})
    EXPECT_EQ(accept_hidden_name(text), text) << text;
  for (const char* text : {"", ".", "..", "a", "*", ".a/b", "/.a", ".a\n"})
    EXPECT_EQ(accept_hidden_name(text), std::nullopt) << text;
}

TEST(HstsText, HasAnAge) {  // RFC 6797 §6.1
  EXPECT_EQ(accept_hsts("max-age=31536000"), "max-age=31536000");
  EXPECT_EQ(accept_hsts("max-age=0;includeSubDomains ;  preload"), "max-age=0; includeSubDomains; preload");
  EXPECT_EQ(accept_hsts(""), "");
  for (const char* bad : {"31536000", "includeSubDomains", "max-age=", "max-age=x", "max-age=1; max-age=2",
                          "max-age=1; other", "max-age=1\r\nX: y"})
    EXPECT_EQ(accept_hsts(bad), std::nullopt) << bad;
}

TEST(FieldValueText, CannotEndItsField) {  // RFC 9110 §5.5
  for (const char* text : {"", "bobbin/1.0 (test)", "Multi-threaded HTTP Server"}) {
    EXPECT_EQ(accept_field_value(text), text) << text;
  }
  for (const char* text : {" a", "a ", "a\r\nX: y", "a\tb", "\x7f", "\xC3\xA4"}) {
    EXPECT_EQ(accept_field_value(text), std::nullopt) << text;
  }
  EXPECT_EQ(accept_field_value(std::string_view("a\0b", 3)), std::nullopt);
}

TEST(AcceptHeader, TakesFieldLinesThatAreNotTheServersOwn) {
  EXPECT_EQ(accept_header("Cache-Control: public, max-age=60"), "Cache-Control: public, max-age=60");
  EXPECT_EQ(accept_header("X-A:b"), "X-A: b");
  EXPECT_EQ(accept_header("x-a:  b c\t"), "x-a: b c");
  for (const char* refused : {"", "Cache-Control", "Cache-Control:", "Cache-Control: ", ": value", " X: y",
                              "X : y", "X Y: z", "X: y\r\nZ: a", "X: y\nZ: a", "X: \xc3\xa4", "X: \x01",
                              "content-length: 0", "Transfer-Encoding: chunked", "Connection: close",
                              "Date: now", "ETag: \"a\"", "SERVER: me", "Content-Type: text/plain"}) {
    EXPECT_EQ(accept_header(refused), std::nullopt) << refused;
  }
}

// RFC 9110 §5.6.4: what would have to be escaped in the quotes of a challenge is not taken.
TEST(Realm, IsTextThatNeedsNoEscaping) {
  EXPECT_EQ(accept_realm("The office"), "The office");
  for (const char* wrong : {"", "a\"b", "a\\b", "a\nb", " a", "\xC3\xA9"})
    EXPECT_EQ(accept_realm(wrong), std::nullopt) << wrong;
}

TEST(Certificate, IsASubjectOrAFingerprintAsToolsPrintIt) {
  const std::string digits(62, 'a');
  EXPECT_EQ(accept_certificate("CN=alice,O=Example"), "CN=alice,O=Example");
  EXPECT_EQ(accept_certificate("any"), "any");
  EXPECT_EQ(accept_certificate("sha256:" + digits + "0f"), "sha256:" + digits + "0f");
  EXPECT_EQ(accept_certificate("SHA256:0F:" + std::string(62, 'A')), "sha256:0f" + digits);
  for (const std::string& wrong :
       {std::string(), std::string("sha256:"), "sha256:" + digits, "sha256:" + digits + "0g"})
    EXPECT_EQ(accept_certificate(wrong), std::nullopt) << wrong;
}

TEST(RuleValues, AreKeptInOneSpelling) {
  EXPECT_EQ(accept_path_pattern("/a/**"), "/a/**");
  EXPECT_EQ(accept_path_pattern("a/b"), std::nullopt);
  EXPECT_EQ(accept_method("get"), "GET");
  EXPECT_EQ(accept_method("BREW"), std::nullopt);
  EXPECT_EQ(accept_status("4XX"), "4xx");
  EXPECT_EQ(accept_status("404"), "404");
  for (const char* wrong : {"", "4", "4x4", "40x", "600", "6xx", "099", "4045", "-04"})
    EXPECT_EQ(accept_status(wrong), std::nullopt) << wrong;
  EXPECT_EQ(accept_field_name("X-Old"), "X-Old");
  for (const char* wrong : {"", "a b", "Content-Length", "a:"})
    EXPECT_EQ(accept_field_name(wrong), std::nullopt) << wrong;
}

// RFC 6454 §6.2
TEST(RuleValues, OriginsAreAsBrowsersWriteThem) {
  EXPECT_EQ(accept_origin("*"), "*");
  EXPECT_EQ(accept_origin("HTTPS://Example.org:8443"), "https://example.org:8443");
  EXPECT_EQ(accept_origin("http://[::1]:80"), "http://[::1]:80");
  for (const char* wrong :
       {"", "example.org", "https://", "https://example.org/", "://a", "https://a b", "https://a\nb", "null"})
    EXPECT_EQ(accept_origin(wrong), std::nullopt) << wrong;
}

TEST(InboxValues, AFormLeadsToAPageOfTheSiteOrToAUrl) {
  for (const char* same : {"", "/", "/thanks.html", "/a?b=c#d", "https://example.org", "http://[::1]:8080/a"})
    EXPECT_EQ(accept_inbox_redirect(same), same);
  EXPECT_EQ(accept_inbox_redirect("/d\u00e4nke"), "/d%C3%A4nke");
  for (const char* wrong : {"thanks.html", "//evil.example", "/\\evil.example", "javascript:alert(1)",
                            "https://", "/a b", "/a 302", "/a\r\nX: y", "/:splat", " "})
    EXPECT_EQ(accept_inbox_redirect(wrong), std::nullopt) << wrong;
}

TEST(InboxValues, OriginsOfPagesAreNamedOneByOne) {
  for (const char* same : {"https://example.org", "http://localhost:3000", "https://[2001:db8::1]"})
    EXPECT_EQ(accept_page_origin(same), same);
  for (const char* wrong :
       {"", "*", "null", "example.org", "ftp://example.org", "https://example.org/", "https://*.example.org"})
    EXPECT_EQ(accept_page_origin(wrong), std::nullopt) << wrong;
}

TEST(AcceptAdmin, IsAnAddressWithAPortOrASocket) {
  for (const char* text :
       {"127.0.0.1:9901", "localhost:0", "[::1]:65535", "unix:/run/admin.sock", "fd:admin"})
    EXPECT_EQ(accept_admin(text), text);
  for (const char* text : {"", "9901", ":9901", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:9901",
                           "[::1]", "example.org:9901", "127.0.0.1:-1", "127.0.0.1: 1", "unix:", "fd:"})
    EXPECT_EQ(accept_admin(text), std::nullopt) << text;
}

}  // namespace
}  // namespace bobbin::app
