#include "http/path_pattern.h"

#include <gtest/gtest.h>

namespace bobbin::http {
namespace {

bool matches(std::string_view pattern, std::string_view path) {
  return PathPattern::parse(pattern).value().matches(path);
}

TEST(PathPattern, OfAWholePath) {
  EXPECT_TRUE(matches("/", "/"));
  EXPECT_FALSE(matches("/", "/a"));
  EXPECT_TRUE(matches("/a/b.txt", "/a/b.txt"));
  EXPECT_FALSE(matches("/a/b.txt", "/A/b.txt"));
  EXPECT_FALSE(matches("/a", "/a/"));
  EXPECT_TRUE(matches("/a?c", "/abc"));
  EXPECT_FALSE(matches("/a?c", "/a/c"));
  EXPECT_FALSE(matches("/a?c", "/ac"));
}

TEST(PathPattern, OneStarStaysWithinASegment) {
  EXPECT_TRUE(matches("/img/*.png", "/img/a.png"));
  EXPECT_TRUE(matches("/img/*.png", "/img/.png"));
  EXPECT_TRUE(matches("/img/*.png", "/img/a.png.png"));
  EXPECT_FALSE(matches("/img/*.png", "/img/a/b.png"));
  EXPECT_FALSE(matches("/img/*.png", "/img/a.png.gz"));
  EXPECT_TRUE(matches("/*/b", "/a/b"));
  EXPECT_FALSE(matches("/*/b", "/a/a/b"));
  EXPECT_TRUE(matches("/a/*", "/a/"));
  EXPECT_FALSE(matches("/a/*", "/a"));
}

TEST(PathPattern, TwoStarsGoOnThroughFolders) {
  for (const char* path : {"/assets/", "/assets/a", "/assets/a/b/c.js"})
    EXPECT_TRUE(matches("/assets/**", path)) << path;
  for (const char* path : {"/assets", "/asset/a", "/x/assets/a"})
    EXPECT_FALSE(matches("/assets/**", path)) << path;
  EXPECT_TRUE(matches("/**", "/"));
  EXPECT_TRUE(matches("/**/x.js", "/a/b/x.js"));
  EXPECT_TRUE(matches("/a/**/*.js", "/a/b/c/d.js"));
  EXPECT_FALSE(matches("/a/**/*.js", "/a/b/c/d.jsx"));
  EXPECT_TRUE(matches("/**/b/*/c", "/b/b/b/x/c")) << "the first fit of ** is not the one";
  EXPECT_TRUE(matches("/a**b*c", "/axb/yb/bzc"));
}

TEST(PathPattern, WithoutASlashIsAboutTheLastSegment) {
  for (const char* path : {"/a.html", "/b/c/a.html", "/.html"}) EXPECT_TRUE(matches("*.html", path)) << path;
  for (const char* path : {"/a.html/", "/a.html/b", "/a.htm", "/"})
    EXPECT_FALSE(matches("*.html", path)) << path;
  EXPECT_TRUE(matches("favicon.ico", "/x/favicon.ico"));
}

TEST(PathPattern, TakesNoLongerThanBothLengthsMultiplied) {
  const std::string path = "/" + std::string(4000, 'a');
  std::string pattern = "/";
  for (int i = 0; i < 200; ++i) pattern += "*a";
  EXPECT_FALSE(matches(pattern + "b", path));
  pattern = "/";
  for (int i = 0; i < 200; ++i) pattern += "**a*a";
  EXPECT_FALSE(matches(pattern + "b", path));
}

TEST(PathPattern, IsRefusedWhereItCouldNotMeanAnything) {
  for (const std::string_view text :
       {std::string_view(""), std::string_view("a/b"), std::string_view("//a"), std::string_view("/a//b"),
        std::string_view("/./a"), std::string_view("/../a"), std::string_view(".."), std::string_view("/a\n"),
        std::string_view("/a\0b", 4)})
    EXPECT_FALSE(PathPattern::parse(text)) << text;
}

}  // namespace
}  // namespace bobbin::http
