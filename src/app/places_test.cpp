#include "app/places.h"

#include <gtest/gtest.h>

#include "files/hidden_names.h"
#include "os/test_directory.h"
#include "store/document_name.h"

namespace bobbin::app {
namespace {

files::HiddenNames including(const char* text) {
  return files::HiddenNames({*http::PathPattern::parse(text)});
}

TEST(Places, APathInARootIsThatOfItsUrl) {
  const files::HiddenNames none;
  EXPECT_EQ(path_in_root("/srv/www", "/srv/www", none), "/");
  EXPECT_EQ(path_in_root("/srv/www/a/b", "/srv/www", none), "/a/b");
  EXPECT_EQ(path_in_root("/srv", "/", none), "/srv");
  for (const char* place : {"/srv", "/srv/www2", "/srv/ww", "/", "/srv/www/.a", "/srv/www/a/.b/c"})
    EXPECT_EQ(path_in_root(place, "/srv/www", none), "") << place;
  EXPECT_EQ(path_in_root("/srv/www/.a/b", "/srv/www", including(".a")), "/.a/b");
  EXPECT_EQ(path_in_root("/srv/www/.a/.b", "/srv/www", including(".a")), "");
}

TEST(Places, OneDirectoryHasOneName) {
  const os::TestDirectory place;
  place.make_folder("a/b");
  place.make_link("link", "a");
  const std::string want = canonical(place.path("a/b"));
  for (const char* name : {"link/b", "a/./b/", "a/../link//b", "a/b/../b"})
    EXPECT_EQ(canonical(place.path(name)), want) << name;
  EXPECT_EQ(canonical(place.path("link/c/d")), canonical(place.path("a")) + "/c/d");
}

TEST(Places, TemporaryFilesOfUploadsAreHiddenWhateverIsIncluded) {
  EXPECT_TRUE(including(".*").hides_name(store::temporary_name()));
}

}  // namespace
}  // namespace bobbin::app
