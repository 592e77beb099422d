#include "app/bucket_roots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/test_directory.h"

namespace bobbin::app {
namespace {

using testing::HasSubstr;

class BucketRoots : public testing::Test {
 protected:
  BucketRoots() {
    config_.server.s3_cache = place_.path("cache");
    config_.sites.resize(1);
    site().root = "s3://site/www";
  }
  SiteConfig& site() { return config_.sites.front(); }
  std::string fault() {
    const auto placed = place_bucket_roots(config_);
    return placed ? std::string() : placed.error();
  }

  os::TestDirectory place_;
  Config config_;
};

TEST_F(BucketRoots, LieInTheCache) {
  site().mounts.push_back({.path = "/docs", .root = "s3://site/docs/"});
  site().mounts.push_back({.path = "/again", .root = "S3://site/www/"});
  site().mounts.push_back({.path = "/files", .root = place_.path("files")});
  ASSERT_EQ(fault(), "");
  EXPECT_EQ(site().bucket, "s3://site/www/");
  EXPECT_TRUE(site().root.starts_with(place_.path("cache/site-"))) << site().root;
  EXPECT_TRUE(site().root.ends_with("/tree"));
  EXPECT_EQ(shown_root(site()), "s3://site/www/");
  EXPECT_NE(site().mounts[0].root, site().root);
  EXPECT_EQ(site().mounts[1].root, site().root) << "one location, one tree";
  EXPECT_EQ(site().mounts[2].root, place_.path("files"));
  EXPECT_EQ(shown_root(site().mounts[2]), place_.path("files"));
  EXPECT_EQ(mirrored_in(config_).size(), 2U);
  const Config before = config_;
  ASSERT_EQ(fault(), "");
  EXPECT_EQ(config_.sites, before.sites) << "they are placed once";
}

TEST_F(BucketRoots, NeedACache) {
  config_.server.s3_cache.clear();
  EXPECT_THAT(fault(), HasSubstr("needs --s3-cache"));
}

TEST_F(BucketRoots, AreLocations) {
  site().root = "s3://UPPER/www";
  EXPECT_THAT(fault(), HasSubstr("is no location"));
}

TEST_F(BucketRoots, TakeNoUploads) {
  site().uploads = Uploads::on;
  EXPECT_THAT(fault(), HasSubstr("only read"));
  site().root = "s3://site/www";
  site().bucket.clear();
  site().upload_dir = place_.path("documents");
  EXPECT_EQ(fault(), "");
}

TEST_F(BucketRoots, TheCacheIsNoFolderLikeOthers) {
  for (const std::string& root : {place_.path(), place_.path("cache"), place_.path("cache/site/tree")}) {
    site().root = "s3://site/www";
    site().bucket.clear();
    site().mounts = {{.path = "/files", .root = root}};
    EXPECT_THAT(fault(), HasSubstr("lie in each other")) << root;
  }
  site().root = "s3://site/www";
  site().bucket.clear();
  site().mounts = {{.path = "/files", .root = place_.path("cache-of-others")}};
  EXPECT_EQ(fault(), "");
}

TEST_F(BucketRoots, FoldersAreAsTheyAre) {
  site().root = place_.path();
  EXPECT_EQ(fault(), "");
  EXPECT_EQ(site().root, place_.path());
  EXPECT_TRUE(site().bucket.empty());
}

}  // namespace
}  // namespace bobbin::app
