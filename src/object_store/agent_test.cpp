#include "object_store/agent.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <thread>

#include "os/file.h"
#include "os/test_directory.h"

namespace bobbin::object_store {
namespace {

constexpr const char* kDie = "box/die";
constexpr const char* kWaits = "box/waits";

/// Objects that are files, since an agent has no memory in common with its process.
class FileObjects final : public Objects {
 public:
  explicit FileObjects(std::string directory) : directory_(std::move(directory)) {}

  Result<Created, Trouble> create(std::string_view key, std::string_view content, std::string_view) override {
    if (key == kDie) ::raise(SIGKILL);
    if (key == kWaits) {
      std::ofstream(path_of("waits"));
      while (!std::filesystem::exists(path_of("go"))) std::this_thread::sleep_for(milliseconds(1));
    }
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

TEST_F(AgentTest, WhatAsksNoStoreWaitsForNone) {
  const auto agent = start(1);
  std::thread waits([&] { EXPECT_EQ(*agent->objects(box_)->create(kWaits, "", ""), Created::now); });
  while (!directory_.has("waits")) std::this_thread::sleep_for(milliseconds(1));
  const auto state = agent->state(0);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().reason, "there is no such mirror");
  directory_.write("go", "");
  waits.join();
}

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

constexpr std::size_t kLargeBytes = Mirrors::kSmallestGrowing;

/// One object, of which the second half is given when a file of the name `go` is there, or nobody can make
/// one any more; `die` ends the agent.
class HeldSource final : public ObjectSource {
 public:
  explicit HeldSource(std::string directory) : directory_(std::move(directory)) {}
  Result<Page, Trouble> list(const ListRequest&) override {
    return Page{.keys = {"large"},
                .versions = {{.etag = "1", .size_bytes = kLargeBytes, .modified = WallTime(seconds(1))}},
                .folders = {},
                .next = {}};
  }
  Result<Bucket::Fetched, Trouble> fetch(std::string_view, std::string_view,
                                         const std::function<bool(std::string_view)>& sink) override {
    const std::string half(kLargeBytes / 2, 'x');
    if (!sink(half)) return failure(Trouble{.kind = Trouble::Kind::unavailable, .reason = "not taken"});
    while (std::filesystem::exists(directory_) && !std::filesystem::exists(directory_ + "/go")) {
      if (std::filesystem::exists(directory_ + "/die")) ::raise(SIGKILL);
      std::this_thread::yield();
    }
    if (!sink(half)) return failure(Trouble{.kind = Trouble::Kind::unavailable, .reason = "not taken"});
    return Bucket::Fetched::whole;
  }

 private:
  const std::string directory_;
};

class GrowingAgentTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto made = PlaceholderTree::make_folders(tree_.path());
    if (!made && made.error().code == EOPNOTSUPP) GTEST_SKIP() << "the file system keeps no attributes";
    const auto open = [](const Location&) -> Result<std::unique_ptr<Objects>, std::string> {
      return failure(std::string("there are none"));
    };
    agent_ =
        *Agent::start({.targets = {},
                       .mirrors = {.locations = {{.location = {.bucket = "site", .prefix = ""},
                                                  .directory = tree_.path()}}},
                       .open_mirror = [directory = control_.path()](const Location&, const Mirrors::IsToEnd&)
                           -> Result<std::unique_ptr<ObjectSource>, std::string> {
                         return std::make_unique<HeldSource>(directory);
                       }},
                      open);
    while (!PlaceholderTree::is_complete(tree_.path())) std::this_thread::yield();
  }
  void tell(const char* what) { control_.write(what, ""); }
  /// Calls this as soon as a half of the content is there.
  Result<bool, Trouble> fetch(const std::function<void()>& half_way) {
    bool is_called = false;
    return agent_->fetch(0, "large", kLargeBytes,
                         {.begun =
                              [this](os::Fd file, std::uint64_t size_bytes, const std::string& etag) {
                                EXPECT_EQ(size_bytes, kLargeBytes);
                                EXPECT_EQ(etag, "1");
                                file_ = std::move(file);
                              },
                          .look =
                              [&] {
                                if (os::status(file_)->size_bytes < kLargeBytes / 2 || is_called) return;
                                is_called = true;
                                half_way();
                              }});
  }

  os::TestDirectory tree_;
  os::TestDirectory control_;
  std::shared_ptr<Agent> agent_;
  os::Fd file_;
};

TEST_F(GrowingAgentTest, TellsOfContentWhileItComes) {
  const auto fetched = fetch([&] {
    EXPECT_FALSE(os::status(file_)->is_marked);
    tell("go");
  });
  ASSERT_TRUE(fetched) << fetched.error().reason;
  EXPECT_TRUE(*fetched);
  EXPECT_TRUE(os::status(file_)->is_marked);
  EXPECT_EQ(os::status(file_)->size_bytes, kLargeBytes);
}

TEST_F(GrowingAgentTest, WhatItDiesOverIsNeverWhole) {
  const auto fetched = fetch([&] { tell("die"); });
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().kind, Trouble::Kind::unavailable);
  EXPECT_FALSE(os::status(file_)->is_marked);
}

TEST_F(GrowingAgentTest, WhatHasBegunIsFinishedUntilItIsGivenUp) {
  const auto finished = fetch([&] {
    agent_->finish_fetches();
    tell("go");
  });
  EXPECT_TRUE(finished);
  const auto unbegun = agent_->fetch(0, "large", kLargeBytes, {});
  ASSERT_FALSE(unbegun);
  EXPECT_EQ(unbegun.error().kind, Trouble::Kind::aborted);
}

TEST_F(GrowingAgentTest, WhatHasBegunCanBeGivenUp) {
  const auto given_up = fetch([&] { agent_->give_up_fetches(); });
  ASSERT_FALSE(given_up);
  EXPECT_EQ(given_up.error().kind, Trouble::Kind::aborted);
}

}  // namespace
}  // namespace bobbin::object_store
