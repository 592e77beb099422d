#include "store/room.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "observe/test_log.h"
#include "os/test_directory.h"

namespace bobbin::store {
namespace {

using Obstacle = Room::Obstacle;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RoomTest : public ::testing::Test {
 protected:
  RoomTest() {
    for (const char* name : {"new", "work", "done", "failed"})
      std::filesystem::create_directory(directory_.path(name));
  }
  std::shared_ptr<Room> room(RoomLimits limits) {
    return *Room::open(directory_.path(""), limits, "box", log_.writer(""), registry_);
  }
  [[nodiscard]] std::string path_of(const std::string& folder, int number) const {
    return directory_.path(folder + "/20261128T133608.02035" + std::to_string(number) +
                           "Z-vmcgwkmaqnuk46sqmj4laqvgva.json");
  }
  void add(const std::string& folder, int number, std::size_t bytes = 10) const {
    std::ofstream(path_of(folder, number)) << std::string(bytes, 'x');
  }
  static std::optional<Obstacle> obstacle(Room& room, std::uint64_t bytes = 10) {
    const auto taken = room.take(bytes);
    return taken ? std::nullopt : std::optional(taken.error());
  }

  os::TestDirectory directory_;
  observe::TestLog log_;
  observe::Registry registry_;
};

TEST_F(RoomTest, CountsWhatWaitsAndIsClaimed) {
  add("new", 1);
  add("work", 2);
  add("done", 3);
  add("failed", 4);
  EXPECT_EQ(obstacle(*room({.documents = 2})), Obstacle::documents);
  EXPECT_EQ(obstacle(*room({.documents = 3})), std::nullopt);
}

TEST_F(RoomTest, WhatIsOnItsWayCountsAndGivesItsRoomBack) {
  const auto full = room({.documents = 2});
  std::vector<Room::Place> places;
  for (int i = 0; i < 2; ++i) places.push_back(full->take(10).value());
  EXPECT_EQ(obstacle(*full), Obstacle::documents);
  places.pop_back();
  EXPECT_EQ(obstacle(*full), std::nullopt);
}

TEST_F(RoomTest, WhatIsKeptCountsUntilItIsTakenOut) {
  const auto full = room({.documents = 1});
  full->take(10).value().keep();
  EXPECT_EQ(obstacle(*full), Obstacle::documents);
  add("new", 1);
  full->look();
  EXPECT_EQ(obstacle(*full), Obstacle::documents);
  std::filesystem::rename(path_of("new", 1), path_of("done", 1));
  EXPECT_EQ(obstacle(*full), Obstacle::documents) << "it has not looked yet";
  full->look();
  EXPECT_EQ(obstacle(*full), std::nullopt);
}

TEST_F(RoomTest, CountsBytesOfFilesAndOfWhatComes) {
  add("new", 1, 5000);
  const std::uint64_t limit = 5000 + 2 * (1000 + Room::kReceiptBytes);
  const auto full = room({.bytes = limit});
  auto place = full->take(1000).value();
  EXPECT_EQ(obstacle(*full, 1001), Obstacle::bytes);
  EXPECT_EQ(obstacle(*full, 1000), std::nullopt);
  place.keep();
  EXPECT_EQ(obstacle(*full, 1001), Obstacle::bytes);
}

TEST_F(RoomTest, WantsTheDiskToHaveSpace) {
  EXPECT_EQ(obstacle(*room({.free_bytes = 1})), std::nullopt);
  EXPECT_EQ(obstacle(*room({.free_bytes = 1ULL << 50})), Obstacle::disk);
}

TEST_F(RoomTest, TellsTheLogOnceThatItIsFullAndOnceThatThereIsRoom) {
  add("new", 1);
  const auto full = room({.documents = 1});
  full->look();
  EXPECT_THAT(log_.lines(observe::LogLevel::warning), ElementsAre()) << "nobody has been refused";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(obstacle(*full), Obstacle::documents);
    full->look();
  }
  EXPECT_THAT(log_.lines(observe::LogLevel::warning), ElementsAre(HasSubstr("max_documents")));
  std::filesystem::remove(path_of("new", 1));
  for (int i = 0; i < 3; ++i) full->look();
  EXPECT_THAT(log_.lines(observe::LogLevel::info), ElementsAre("Inbox box: there is room again"));
}

TEST_F(RoomTest, IsLookedIntoAtMostOnceASecond) {
  const auto watched = room({.documents = 1});
  const Instant now = monotonic_now();
  EXPECT_FALSE(watched->begin_look(now));
  EXPECT_TRUE(watched->begin_look(now + std::chrono::hours(1)));
  EXPECT_FALSE(watched->begin_look(now + std::chrono::hours(2))) << "somebody is about to";
  watched->forgo_look();
  EXPECT_TRUE(watched->begin_look(now + std::chrono::hours(2)));
}

}  // namespace
}  // namespace bobbin::store
