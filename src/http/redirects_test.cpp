#include "http/redirects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/percent_encoding.h"
#include "http/test_filter.h"

namespace bobbin::http {
namespace {

using testing::HasSubstr;

Redirects redirects(std::string_view lines, std::string exempt = "") {
  return Redirects(parse_redirects(lines).value(), std::move(exempt));
}

/// "301 /new", or "" where nothing is answered. `path`: decoded.
std::string answer(const Redirects& filter, std::string_view path, std::string_view query = "") {
  const std::string target = encode_path(path) + std::string(query);
  RequestHead head;
  head.target = target;
  const Endpoint local;
  const auto response = answer_of(filter, {.head = head, .local = local, .path = path});
  if (!response) return {};
  std::string_view location = response->fields;
  EXPECT_TRUE(location.starts_with("Location: ") && location.ends_with("\r\n")) << location;
  location.remove_prefix(std::string_view("Location: ").size());
  location.remove_suffix(2);
  return std::to_string(code(response->status)) + " " + std::string(location);
}

std::string problem(std::string_view text) {
  const auto parsed = Redirect::parse(text);
  return parsed ? "" : parsed.error();
}

TEST(Redirects, LeadFromAPathToAPathOrAUrlWithTheStatusThatIsWritten) {
  const Redirects filter = redirects(
      "# moved in spring\n"
      "/old /new\n"
      "\n"
      "  /blog   https://blog.example.org/   302 \r\n"
      "/a /b 303\n/c /d 307\n/e http://example.org:8080 308");
  EXPECT_EQ(answer(filter, "/old"), "301 /new");
  EXPECT_EQ(answer(filter, "/blog"), "302 https://blog.example.org/");
  EXPECT_EQ(answer(filter, "/a"), "303 /b");
  EXPECT_EQ(answer(filter, "/c"), "307 /d");
  EXPECT_EQ(answer(filter, "/e"), "308 http://example.org:8080");
  EXPECT_EQ(answer(filter, "/old/"), "");
  EXPECT_EQ(answer(filter, "/older"), "");
  EXPECT_EQ(answer(filter, "/"), "");
}

TEST(Redirects, ASplatIsWhatLiesBeneathTheFolder) {
  const Redirects filter = redirects(
      "/news/* /archive/:splat\n"
      "/docs/* https://docs.example.org/v1/:splat.html?from=old#top\n"
      "/all/* /one");
  EXPECT_EQ(answer(filter, "/news/2026/may"), "301 /archive/2026/may");
  EXPECT_EQ(answer(filter, "/news/"), "301 /archive/");
  EXPECT_EQ(answer(filter, "/news"), "");
  EXPECT_EQ(answer(filter, "/docs/a"), "301 https://docs.example.org/v1/a.html?from=old#top");
  EXPECT_EQ(answer(filter, "/all/x/y"), "301 /one");
}

TEST(Redirects, TheFirstThatHoldsCounts) {
  const Redirects filter = redirects("/a/b /first\n/a/* /second\n/a/b/c /never\n/* /home\n/a/b /again");
  EXPECT_EQ(answer(filter, "/a/b"), "301 /first");
  EXPECT_EQ(answer(filter, "/a/b/c"), "301 /second");
  EXPECT_EQ(answer(filter, "/x"), "301 /home");
}

TEST(Redirects, CarryTheQueryOnUnlessTheTargetHasOne) {
  const Redirects filter = redirects("/a /b\n/c /d?x=1\n/e /f#part");
  EXPECT_EQ(answer(filter, "/a", "?q=1&r=2"), "301 /b?q=1&r=2");
  EXPECT_EQ(answer(filter, "/c", "?q=1"), "301 /d?x=1");
  EXPECT_EQ(answer(filter, "/e", "?q=1"), "301 /f?q=1#part");
}

TEST(Redirects, CompareDecodedPathsAndEncodeWhatTheySend) {
  const Redirects filter = redirects("/caf%C3%A9 /coffee\n/tee/* /t\xC3\xA9/:splat");
  EXPECT_EQ(answer(filter, "/caf\xC3\xA9"), "301 /coffee");
  EXPECT_EQ(answer(filter, "/tee/a b\r\n?#%"), "301 /t%C3%A9/a%20b%0D%0A%3F%23%25");
}

TEST(Redirects, NeverLeadToAHostThatIsNotWritten) {
  const Redirects filter = redirects("/old/* /:splat\n/x/* https://example.org/:splat");
  EXPECT_EQ(answer(filter, "/old/evil.example"), "301 /evil.example");
  EXPECT_EQ(answer(filter, "/old//evil.example"), "301 /evil.example");
  EXPECT_EQ(answer(filter, "/old/\\evil.example"), "301 /%5Cevil.example");
  EXPECT_EQ(answer(filter, "/x/@evil.example"), "301 https://example.org/@evil.example");
  const Redirects between = redirects("/a/* /:splat/b\n/c/* /x/:splat/y\n/d/* https://example.org/:splat/z");
  EXPECT_EQ(answer(between, "/a/"), "301 /b") << "and not to the host b";
  EXPECT_EQ(answer(between, "/a/c"), "301 /c/b");
  EXPECT_EQ(answer(between, "/c/"), "301 /x/y");
  EXPECT_EQ(answer(between, "/d/"), "301 https://example.org/z");
  for (const char* text : {"/a/* https://:splat", "/a/* https://example.org:splat", "/a/* https://:splat/x",
                           "/a/* :splat", "/a //evil.example", "/a /\\evil.example", "/a ftp://example.org/",
                           "/a javascript:alert(1)", "/a https://", "/a https:///x", "/a b"})
    EXPECT_NE(problem(text), "") << text;
}

TEST(Redirects, DoNotLeadToWhereTheClientIs) {
  EXPECT_THAT(problem("/a /a"), HasSubstr("leads to where it begins"));
  EXPECT_THAT(problem("/* /:splat"), HasSubstr("leads to where it begins"));
  const Redirects filter = redirects("/* /index.html\n");
  EXPECT_EQ(answer(filter, "/x"), "301 /index.html");
  EXPECT_EQ(answer(filter, "/index.html", "?x"), "");
}

TEST(Redirects, LeaveTheExemptPathsAndTheServerAsAWholeAlone) {
  const Redirects filter = redirects("/* https://example.org/:splat", "/.well-known/acme-challenge");
  EXPECT_EQ(answer(filter, "/.well-known/acme-challenge/token"), "");
  EXPECT_NE(answer(filter, "/.well-known/other"), "");
  EXPECT_EQ(answer(filter, ""), "");
}

TEST(Redirects, SayWhatIsWrongWithAText) {
  EXPECT_THAT(problem("/a"),
              HasSubstr("FROM TO or FROM TO STATUS is allowed, as in /old /new 308, but not 1 word"));
  EXPECT_THAT(problem("/a /b 301 x"), HasSubstr("not 4 words"));
  EXPECT_THAT(problem("/a /b 200"), AllOf(HasSubstr("the status is 200"), HasSubstr("--spa")));
  EXPECT_THAT(problem("/a /b 301!"), HasSubstr("the status is 301!"));
  EXPECT_THAT(problem("a /b"), HasSubstr("the first word must be a path"));
  EXPECT_THAT(problem("/a?x=1 /b"), HasSubstr("without a query"));
  EXPECT_THAT(problem("/a*b /b"), HasSubstr("* only as its last segment"));
  EXPECT_THAT(problem("/a/:id /b"), HasSubstr("placeholders are not understood"));
  EXPECT_THAT(problem("/a%zz /b"), HasSubstr("no request can have"));
  EXPECT_THAT(problem("/a /b/:splat"), HasSubstr(":splat"));
  EXPECT_THAT(problem("/a/* /b?x=:splat"), HasSubstr(":splat"));
  EXPECT_THAT(problem("/a/* /b/:splat/:splat"), HasSubstr(":splat"));
  EXPECT_EQ(parse_redirects("/a /b\n\n# x\n/c\n").error().substr(0, 8), "line 4: ");
}

}  // namespace
}  // namespace bobbin::http
