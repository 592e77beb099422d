#include "http/target.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace bobbin::http {
namespace {

using Parsed = std::variant<Target, Refusal, PathViolation>;

Parsed parse(std::string_view target, Method method = Method::get, PathRules rules = PathRules::strict) {
  RequestHead head;
  head.target = target;
  head.method = method;
  return parse_target(head, rules);
}

int refused_over_tls(std::string_view target) {
  RequestHead head;
  head.target = target;
  const auto parsed = parse_target(head, PathRules::strict, Scheme::https);
  const auto* refusal = std::get_if<Refusal>(&parsed);
  return refusal != nullptr ? code(refusal->status) : 0;
}

Parsed parse_by_standard_rules(std::string_view target) {
  return parse(target, Method::get, PathRules::standard);
}

/// 0 for a target that is fine, else the status it is refused with.
int refused_with(const Parsed& parsed) {
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) return code(refusal->status);
  return std::holds_alternative<PathViolation>(parsed) ? 403 : 0;
}

void expect_refused(const std::vector<std::string_view>& targets, int status) {
  for (const std::string_view target : targets) EXPECT_EQ(refused_with(parse(target)), status) << target;
}

TEST(Target, IsTakenApart) {
  struct Case {
    std::string_view target;
    std::string_view path;
    std::string_view query;
  };
  const Case cases[] = {
      // origin-form (RFC 9112 §3.2.1)
      {"/", "/", ""},
      {"/index.html", "/index.html", ""},
      {"/a/b/c.txt", "/a/b/c.txt", ""},
      {"/a/", "/a/", ""},
      {"/?", "/", ""},
      {"/?a=b&c=d", "/", "a=b&c=d"},
      {"/a?b?c", "/a", "b?c"},
      {"/a?x=../../etc/passwd", "/a", "x=../../etc/passwd"},  // a query is no path
      {"/a?x=%zz%2e%2e//\\", "/a", "x=%zz%2e%2e//\\"},
      {"/a?http://other/", "/a", "http://other/"},
      // percent-encoding (RFC 3986 §2.1)
      {"/with%20space", "/with space", ""},
      {"/%41%6a%6A", "/Ajj", ""},
      {"/na%C3%AFve", "/na\xC3\xAFve", ""},
      {"/latin%E9", "/latin\xE9", ""},
      {"/100%25.txt", "/100%.txt", ""},
      {"/100%2525.txt", "/100%25.txt", ""},  // decoded once, and once only
      {"/a%3Fb?c", "/a?b", "c"},
      {"/a%23b", "/a#b", ""},
      {"/line%0D%0Aend", "/line\r\nend", ""},
      // an encoded slash is a slash
      {"/a%2fb", "/a/b", ""},
      {"/a%2Fb%2F", "/a/b/", ""},
      {"/a%252Fb", "/a%2Fb", ""},
      // dots that are no dot segments
      {"/...", "/...", ""},
      {"/a..b/..c/d..", "/a..b/..c/d..", ""},
      {"/.hidden", "/.hidden", ""},
      {"/..;/x", "/..;/x", ""},
      {"/a%2525252e%2525252e", "/a%25252e%25252e", ""},
      // what RFC 3986 wants encoded, but clients do not
      {"/\"<>^`{|}", "/\"<>^`{|}", ""},
      {"/a:b@c;d=e,f!$&'()*+~", "/a:b@c;d=e,f!$&'()*+~", ""},
      // absolute-form (RFC 9112 §3.2.2)
      {"http://localhost/a?b", "/a", "b"},
      {"http://localhost", "/", ""},
      {"http://localhost/", "/", ""},
      {"http://localhost?a=b", "/", "a=b"},
      {"http://localhost:8080/x/y", "/x/y", ""},
      {"HTTP://[::1]:8080/x", "/x", ""},
  };
  for (const auto& [target, path, query] : cases) {
    SCOPED_TRACE(target);
    const Parsed parsed = parse(target);
    ASSERT_TRUE(std::holds_alternative<Target>(parsed));
    EXPECT_EQ(std::get<Target>(parsed).path(), path);
    EXPECT_EQ(std::get<Target>(parsed).query, query);
    EXPECT_FALSE(std::get<Target>(parsed).asterisk);
  }
}

TEST(Target, AsteriskIsForOptions) {  // RFC 9112 §3.2.4
  const Parsed parsed = parse("*", Method::options);
  ASSERT_TRUE(std::holds_alternative<Target>(parsed));
  EXPECT_TRUE(std::get<Target>(parsed).asterisk);
  EXPECT_EQ(std::get<Target>(parsed).path(), "");
  for (const Method method :
       {Method::get, Method::head, Method::post, Method::put, Method::delete_, Method::patch})
    EXPECT_EQ(refused_with(parse("*", method)), 400);
  EXPECT_EQ(refused_with(parse("**", Method::options)), 400);
  EXPECT_EQ(refused_with(parse("*?a", Method::options)), 400);
}

TEST(Target, SecuredResourcesAreNotAnsweredInTheClear) {
  // RFC 9110 §7.4
  for (const char* target : {"https://localhost/", "HTTPS://localhost:8080/a", "https://localhost"})
    EXPECT_EQ(refused_with(parse(target)), 421) << target;
  EXPECT_EQ(refused_with(parse("https:///a")), 400);
  for (const char* target : {"https://localhost/", "HTTPS://localhost:8080/a", "/a"})
    EXPECT_EQ(refused_over_tls(target), 0) << target;
  for (const char* target : {"http://localhost/", "HTTP://localhost:443/a"})
    EXPECT_EQ(refused_over_tls(target), 421) << target;
}

TEST(Target, MalformedIsABadRequest) {
  expect_refused(
      {
          // no form of RFC 9112 §3.2
          "",
          "index.html",
          "?a",
          "a/b",
          "localhost:8080",
          "../etc/passwd",
          "%2Fa",
          // absolute-form of another scheme, or without a valid authority (RFC 9110 §4.2)
          "http:",
          "http:/",
          "http://",
          "http:///a",
          "http://:80/a",
          "http:/localhost/a",
          "ftp://localhost/a",
          "file:///etc/passwd",
          "://localhost/",
          "httpx://localhost/",
          "http://user@localhost/",
          "http://u:p@localhost/",
          "http://localhost:x/",
          "http://local host/",
          "http://[::1/",
          "http://?a",
          // percent-encoding (RFC 3986 §2.1)
          "/%",
          "/%2",
          "/a%",
          "/a%4",
          "/%zz",
          "/%4g",
          "/%g4",
          "/%%41",
          "/%u0041",
          "/a%?b",
          "/%-1",
          "/%+1",
          // bytes that a URI cannot hold
          "/a b",
          "/a\tb",
          "/a\rb",
          "/a\nb",
          "/a\x01"
          "b",
          "/a\x7F"
          "b",
          "/na\xC3\xAFve",
          "/\x80",
          "/\xFF",
          "/a?b\xFF",
          "/a? ",
          " /a",
          "/a ",
          std::string_view("/a?b\0c", 6),
          // a fragment (RFC 9112 §3.2)
          "/a#b",
          "/#",
          "/a?b#c",
          "http://localhost/#a",
          "#",
      },
      400);
}

TEST(Target, TraversalIsForbidden) {  // CONTRACT §7 row 6
  expect_refused(
      {
          "/../etc/passwd",
          "/../../x",
          "//etc/hosts",
          "/./././../config",
          "/%2e%2e/etc/passwd",
          "/..%2f..%2fetc%2fpasswd",
          "/..%5c..%5cx",
          "/%252e%252e/x",
      },
      403);
}

TEST(Target, ViolationsAreFoundAtEveryLevelOfEncoding) {  // CONTRACT §4
  expect_refused(
      {
          // dot segments
          "/.",
          "/..",
          "/./",
          "/../",
          "/a/.",
          "/a/..",
          "/a/./b",
          "/a/../b",
          "/a/b/../../..",
          "/..?a",
          "/.?",
          "/%2e",
          "/%2E%2E",
          "/.%2e",
          "/%2e.",
          "/a/%2e%2e/b",
          "/a/%2e/b",
          "/%2e%2e",
          "/%2e%2e%2f",
          "/%252e",
          "/%252E%252E",
          "/.%252e/x",
          "/%2e%252e/x",
          "/a/%252e%252e",
          "/%25%32%65%25%32%65/x",
          "/..%2fx",
          "/a%2f..%2fb",
          "/a%2f..",
          "/..%252fx",
          "/a%252f..%252fb",
          "/%252e%252e%252fx",
          // empty segments
          "//",
          "//a",
          "/a//b",
          "/a//",
          "///",
          "/%2f",
          "/%2fetc",
          "/a/%2fb",
          "/a%2f%2fb",
          "/a%2f/",
          "/a/%2f",
          "/%252f",
          "/a%252f%252fb",
          "/a/%252fb",
          "/a%2f%252fb",
          // backslash
          "/\\",
          "/a\\b",
          "/..\\x",
          "/%5c",
          "/a%5Cb",
          "/%255c",
          "/a%255Cb",
          "/a/%5c%2e%2e",
          // NUL
          std::string_view("/a\0b", 4),
          "/%00",
          "/a.html%00.txt",
          "/%2500",
          "/a%2500",
          // the absolute-form is no way around
          "http://localhost//a",
          "http://localhost/../a",
          "http://localhost/%2e%2e/a",
          "http://localhost/%252e%252e",
          "http://localhost/http://other/",
      },
      403);
}

TEST(Target, ViolationSaysWhatIsWrong) {
  struct Case {
    std::string_view target;
    std::string_view reason;
  };
  const Case cases[] = {
      {"/../x", "A path may not contain a segment \".\" or \"..\"."},
      {"/a//b", "A path may not contain an empty segment."},
      {"/a%5cb", "A path may not contain a backslash."},
      {"/a%00b", "A path may not contain NUL."},
  };
  for (const auto& [target, reason] : cases) {
    const Parsed parsed = parse(target);
    ASSERT_TRUE(std::holds_alternative<PathViolation>(parsed)) << target;
    EXPECT_EQ(std::get<PathViolation>(parsed).reason, reason);
  }
}

// CONTRACT §2, RFC 3986 §5.2.4.
TEST(Target, StandardRulesRemoveWhatMeansNothing) {
  struct Case {
    std::string_view target;
    std::string_view path;
    bool began_with_two_slashes = false;
  };
  const Case cases[] = {
      {"/", "/"},
      {"/a/b.txt", "/a/b.txt"},
      {"/a/", "/a/"},
      {"/.", "/"},
      {"/./", "/"},
      {"/./x", "/x"},
      {"/././Packages", "/Packages"},
      {"/a/./b", "/a/b"},
      {"/a/.", "/a/"},
      {"/a/./", "/a/"},
      {"/.well-known/./x", "/.well-known/x"},
      {"/a/.b/...", "/a/.b/..."},
      {"/a//b", "/a/b"},
      {"/a///b//", "/a/b/"},
      {"/a//", "/a/"},
      {"/a/.//./b", "/a/b"},
      {"/a//b%20c", "/a/b c"},
      {"//", "/", true},
      {"///", "/", true},
      {"//upload", "/upload", true},
      {"//a/./b", "/a/b", true},
      {"//evil.example/", "/evil.example/", true},
      {"http://localhost//a", "/a", true},
      {"http://localhost/./a", "/a"},
      {"/.//a", "/a"},
  };
  for (const auto& [target, path, began_with_two_slashes] : cases) {
    SCOPED_TRACE(target);
    const Parsed parsed = parse_by_standard_rules(target);
    ASSERT_TRUE(std::holds_alternative<Target>(parsed));
    EXPECT_EQ(std::get<Target>(parsed).path(), path);
    EXPECT_EQ(std::get<Target>(parsed).began_with_two_slashes, began_with_two_slashes);
  }
  const Parsed with_query = parse_by_standard_rules("/a/./b?x=/./y//z");
  ASSERT_TRUE(std::holds_alternative<Target>(with_query));
  EXPECT_EQ(std::get<Target>(with_query).query, "x=/./y//z") << "a query is no path";
}

TEST(Target, StandardRulesRefuseAllElse) {
  const std::string_view targets[] = {
      "/..", "/../", "/a/..", "/a/../b", "/./../x", "/a/./..", "//../x", "/..//x", "/..%2fx", "/%2e%2e/x",
      "/%252e%252e/x", "/.%2e", "/%2e.", "/a\\b", "/%5c", "/%255c", "/%00", "/%2500",
      // an encoded dot segment is no accident, nor is an encoded empty one
      "/%2e", "/%2e/a", "/a/%252e/b", "/%2f", "/%2fetc", "/a%2f%2fb", "/a/%2fb", "/a%2f./b", "/a%252f%252fb"};
  for (const std::string_view target : targets)
    EXPECT_EQ(refused_with(parse_by_standard_rules(target)), 403) << target;
  for (const std::string_view target : {"/a//%zz", "/./a#b", "/.\x01", "", "./a"})
    EXPECT_EQ(refused_with(parse_by_standard_rules(target)), 400) << target;
}

// The path of nearly every request, so it is not copied.
TEST(Target, APlainPathIsAViewIntoTheRequest) {
  for (const PathRules rules : {PathRules::strict, PathRules::standard}) {
    for (const std::string_view target : {"/", "/index.html", "/a/b-c_d~e/f.tar.gz?x=%20", "/a/"}) {
      const Parsed parsed = parse(target, Method::get, rules);
      ASSERT_TRUE(std::holds_alternative<Target>(parsed));
      EXPECT_EQ(std::get<Target>(parsed).path().data(), target.data());
    }
  }
}

TEST(Target, WhatIsAcceptedHasNoViolationLeft) {
  // Every text of up to five of these pieces behind a '/', so every way to mix levels of encoding.
  const std::string_view pieces[] = {".", "/", "a", "%2e", "%2f", "%25", "2e", "\\"};
  constexpr std::size_t kCount = std::size(pieces);
  std::size_t accepted = 0;
  for (std::size_t choice = 0; choice < 2 * kCount * kCount * kCount * kCount * kCount; ++choice) {
    const std::size_t number = choice / 2;
    std::string target = "/";
    for (std::size_t rest = number; rest > 0; rest /= kCount) target += pieces[rest % kCount];
    const Parsed parsed =
        parse(target, Method::get, choice % 2 == 0 ? PathRules::strict : PathRules::standard);
    const auto* fine = std::get_if<Target>(&parsed);
    if (fine == nullptr) continue;
    ++accepted;
    const std::string path = std::string(fine->path()) + "/";
    ASSERT_EQ(path.find("/./"), std::string::npos) << target;
    ASSERT_EQ(path.find("/../"), std::string::npos) << target;
    ASSERT_EQ(fine->path().find("//"), std::string::npos) << target;
    ASSERT_EQ(path.find('\\'), std::string::npos) << target;
    ASSERT_EQ(path.front(), '/') << target;
  }
  EXPECT_GT(accepted, 1000U);
}

}  // namespace
}  // namespace bobbin::http
