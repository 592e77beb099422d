#include "files/hidden_names.h"

#include <gtest/gtest.h>
#include <initializer_list>

namespace bobbin::files {
namespace {

HiddenNames including(std::initializer_list<const char*> texts) {
  std::vector<http::PathPattern> patterns;
  for (const char* text : texts) patterns.push_back(*http::PathPattern::parse(text));
  return HiddenNames(std::move(patterns));
}

TEST(HiddenNames, AreThoseThatBeginWithADot) {
  const HiddenNames names;
  for (const char* name : {".git", ".env", ".", "..", ".well-known"})
    EXPECT_TRUE(names.hides_name(name)) << name;
  for (const char* name : {"git", "a.b", "a.", ""}) EXPECT_FALSE(names.hides_name(name)) << name;
  for (const char* path : {"/.git", "/a/.git", "/.git/config", "/a/.b/c", "/.well-known/x", "/a/."})
    EXPECT_TRUE(names.hides(path)) << path;
  for (const char* path : {"", "/", "/a", "/a.b/c.", "/a/b/"}) EXPECT_FALSE(names.hides(path)) << path;
}

TEST(HiddenNames, ButForThoseThatAreIncluded) {
  const HiddenNames names = including({".nojekyll", ".x-*"});
  for (const char* path :
       {"/.nojekyll", "/a/.nojekyll", "/.x-1/file", "/.x-1/.x-2/.nojekyll", "/.x-/", "/a/b"})
    EXPECT_FALSE(names.hides(path)) << path;
  for (const char* path :
       {"/.nojekyll2", "/.git", "/.nojekyll/.git", "/.git/.nojekyll", "/.x-1/a/.y/b", "/.x", "/.NOJEKYLL"})
    EXPECT_TRUE(names.hides(path)) << path;
  EXPECT_FALSE(names.hides_name(".x-y"));
  EXPECT_TRUE(names.hides_name(".xy"));
}

TEST(HiddenNames, TheServersOwnAreNeverShown) {
  const HiddenNames names = including({".*", ".bobbin-x", "*"});
  EXPECT_FALSE(names.hides("/.env"));
  EXPECT_TRUE(names.hides("/.bobbin-abcdefghijklmnopqrstuvwxyz.tmp"));
  EXPECT_TRUE(names.hides("/a/.bobbin-x/b"));
  EXPECT_TRUE(names.hides_name(".bobbin-x"));
  EXPECT_TRUE(names.hides_name(".bobbin"));
}

}  // namespace
}  // namespace bobbin::files
