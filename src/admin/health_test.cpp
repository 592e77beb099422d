#include "admin/health.h"

#include <gtest/gtest.h>

#include "admin/status_json.h"
#include "files/contents.h"
#include "store/folder_store.h"
#include "store/room.h"

namespace bobbin::admin {
namespace {

class HealthTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string reasons() const { return json_of(health_.obstacles()); }
  observe::State& store() { return registry_.state(store::FolderStore::kStore, R"(folder="/srv/a")"); }
  observe::State& room() { return registry_.state(store::Room::kRoom, R"(inbox="orders")"); }

  observe::Registry registry_;
  Health health_{registry_};
};

TEST_F(HealthTest, AServerWithoutStoresIsReady) { EXPECT_EQ(reasons(), "[]"); }

TEST_F(HealthTest, AnOpenStoreIsNoObstacle) {
  store().set("open");
  room().set("open");
  EXPECT_EQ(reasons(), "[]");
}

TEST_F(HealthTest, EachStateOfAStoreThatTakesNothingIsOne) {
  for (const char* state : {"closed", "full", "occupied"}) {
    store().set(state);
    EXPECT_EQ(reasons(), std::string(R"([{"reason":"store_)") + state + R"(","folder":"/srv/a"}])");
  }
  store().set("open");
  EXPECT_EQ(reasons(), "[]") << "it stores again";
}

TEST_F(HealthTest, ABucketThatWasNeverListedIsOne) {
  observe::State& bucket = registry_.state(files::Contents::kState, R"(location="s3://site/")");
  bucket.set("unlisted");
  EXPECT_EQ(reasons(), R"([{"reason":"bucket_unlisted","location":"s3://site/"}])");
  for (const char* state : {"unreachable", "open", ""}) {
    bucket.set(state);
    EXPECT_EQ(reasons(), "[]") << "what is there is served: " << state;
  }
}

TEST_F(HealthTest, AStoreThatIsGoneIsNoObstacle) {
  store().set("closed");
  store().set("");
  EXPECT_EQ(reasons(), "[]");
}

TEST_F(HealthTest, ADiskBelowItsFloorIsOneAndAFullInboxIsNot) {
  room().set("disk");
  EXPECT_EQ(reasons(), R"([{"reason":"disk_low","inbox":"orders"}])");
  room().set("documents");
  EXPECT_EQ(reasons(), "[]") << "its consumer makes room: other servers would not help";
}

TEST_F(HealthTest, AServerThatStopsIsNotReadyAndSaysAllReasons) {
  store().set("closed");
  health_.begin_draining();
  EXPECT_EQ(reasons(), R"([{"reason":"draining"},{"reason":"store_closed","folder":"/srv/a"}])");
}

}  // namespace
}  // namespace bobbin::admin
