#include "object_store/agent.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <thread>

#include "os/test_directory.h"

namespace bobbin::object_store {
namespace {

constexpr const char* kDie = "box/die";

/// Objects that are files, since an agent has no memory in common with its process.
class FileObjects final : public Objects {
 public:
  explicit FileObjects(std::string directory) : directory_(std::move(directory)) {}

  Result<Created, Trouble> create(std::string_view key, std::string_view content, std::string_view) override {
    if (key == kDie) ::raise(SIGKILL);
    const std::string path = path_of(key);
    if (std::filesystem::exists(path)) return Created::before;
    std::ofstream(path, std::ios::binary) << content;
    return Created::now;
  }
  Result<std::optional<std::string>, Trouble> read(std::string_view key, std::size_t most_bytes) override {
    if (most_bytes == 0)
      return failure(Trouble{
          .kind = Trouble::Kind::unavailable, .reason = "slow down", .shortest_pause = milliseconds(7)});
    std::ifstream file(path_of(key), std::ios::binary);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

 private:
  [[nodiscard]] std::string path_of(std::string_view key) const {
    std::string name(key);
    std::ranges::replace(name, '/', '_');
    return directory_ + "/" + name;
  }
  const std::string directory_;
};

class AgentTest : public testing::Test {
 protected:
  const Location box_{.bucket = "archive", .prefix = "box/"};
  const Location closed_{.bucket = "closed", .prefix = ""};

  std::shared_ptr<Agent> start(std::size_t connections = 2) {
    auto agent =
        Agent::start({.targets = {box_, closed_}, .connections = connections},
                     [this](const Location& target) -> Result<std::unique_ptr<Objects>, std::string> {
                       if (target == closed_) return failure(std::string("there is no libcurl"));
                       return std::make_unique<FileObjects>(directory_.path());
                     });
    EXPECT_TRUE(agent);
    return *agent;
  }

  os::TestDirectory directory_;
};

TEST_F(AgentTest, CreatesOnceAndReads) {
  const auto objects = start()->objects(box_);
  ASSERT_TRUE(objects);
  EXPECT_EQ(*objects->read("box/a", 10), std::nullopt);
  EXPECT_EQ(*objects->create("box/a", "one", "text/plain"), Created::now);
  EXPECT_EQ(*objects->create("box/a", "two", "text/plain"), Created::before);
  EXPECT_EQ(*objects->read("box/a", 10), "one");
  const std::string large(3UL * 1024 * 1024, 'x');
  EXPECT_EQ(*objects->create("box/large", large, "text/plain"), Created::now);
  EXPECT_EQ(*objects->read("box/large", large.size()), large);
  EXPECT_EQ(*objects->create("box/empty", "", "text/plain"), Created::now);
  EXPECT_EQ(*objects->read("box/empty", 10), "");
}

TEST_F(AgentTest, ReachesNothingButItsTargets) {
  const auto agent = start();
  EXPECT_FALSE(agent->objects({.bucket = "archive", .prefix = ""}));
  const auto outside = agent->objects(box_)->create("other/a", "one", "text/plain");
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().kind, Trouble::Kind::refused);
  const auto presigned = agent->presign(0, "a", {});
  ASSERT_FALSE(presigned);
  EXPECT_EQ(presigned.error().reason, "there is no such mirror");
}

TEST_F(AgentTest, TellsWhatTheStoreSays) {
  const auto agent = start();
  const auto slow = agent->objects(box_)->read("box/a", 0);
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().kind, Trouble::Kind::unavailable);
  EXPECT_EQ(slow.error().reason, "slow down");
  EXPECT_EQ(slow.error().shortest_pause, milliseconds(7));
  const auto closed = agent->objects(closed_)->read("a", 10);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().kind, Trouble::Kind::refused);
  EXPECT_EQ(closed.error().reason, "there is no libcurl");
}

TEST_F(AgentTest, BeginsAnewWhenItHasDied) {
  const auto objects = start(1)->objects(box_);
  ASSERT_EQ(*objects->create("box/a", "one", "text/plain"), Created::now);
  for (int round = 0; round < 2; ++round) {
    const auto died = objects->create(kDie, "", "text/plain");
    ASSERT_FALSE(died);
    EXPECT_EQ(died.error().kind, Trouble::Kind::unavailable);
    EXPECT_EQ(*objects->read("box/a", 10), "one") << "by the next agent";
  }
}

TEST_F(AgentTest, ServesMoreThreadsThanItHasConnections) {
  const auto objects = start(3)->objects(box_);
  std::atomic<int> created = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i)
    threads.emplace_back([&, i] {
      const std::string key = "box/" + std::to_string(i);
      const auto outcome = objects->create(key, key, "text/plain");
      const auto read = objects->read(key, 100);
      if (outcome && *outcome == Created::now && read && *read == key) ++created;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(created, 12);
}

}  // namespace
}  // namespace bobbin::object_store
