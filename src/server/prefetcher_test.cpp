#include "server/prefetcher.h"

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <future>
#include <gtest/gtest.h>
#include <string>
#include <thread>

#include "base/clock.h"
#include "os/directory.h"
#include "os/open_beneath.h"
#include "os/test_directory.h"

namespace bobbin::server {
namespace {

/// A file on a disk that hangs until it is told not to.
class HangingFile final : public http::File {
 public:
  explicit HangingFile(os::Fd fd) : fd_(std::move(fd)) {}
  int descriptor() const override {
    ++reached_;
    reached_.notify_all();
    hangs_.wait(true);
    return fd_.number();
  }
  bool unchanged() const override { return true; }

  void wait_until_reached() const { reached_.wait(0); }
  void go_on() {
    hangs_ = false;
    hangs_.notify_all();
  }

 private:
  os::Fd fd_;
  mutable std::atomic<int> reached_ = 0;
  std::atomic<bool> hangs_ = true;
};

/// What becomes of one fetch.
class Outcome {
 public:
  Prefetcher::Done done() {
    return [this](const Result<void>& fetched) { told_.set_value(fetched); };
  }
  Result<void> wait() { return future_.get(); }
  /// Meaningful when nobody can tell it any more.
  bool was_told() const { return future_.wait_for(seconds(0)) == std::future_status::ready; }

 private:
  std::promise<Result<void>> told_;
  std::future<Result<void>> future_ = told_.get_future();
};

class PrefetcherTest : public ::testing::Test {
 protected:
  PrefetcherTest() {
    place.write("file", std::string(200'000, 'x'));
    root = *os::open_directory(place.path());
  }

  std::shared_ptr<HangingFile> hanging_file() {
    return std::make_shared<HangingFile>((*os::open_beneath(root, "file")).fd);
  }
  std::shared_ptr<HangingFile> ready_file() {
    auto file = hanging_file();
    file->go_on();
    return file;
  }
  static http::FileSlice whole(const std::shared_ptr<HangingFile>& file) {
    return {.file = file, .offset = 0, .length = 200'000};
  }
  /// Ends it, and waits until it has ended.
  static void end(Prefetcher& prefetcher) {
    std::promise<void> ended;
    prefetcher.shut_down([&] { ended.set_value(); });
    ended.get_future().wait();
    prefetcher.join();
  }
  static std::ptrdiff_t threads_now() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                         std::filesystem::directory_iterator());
  }

  os::TestDirectory place;
  os::Fd root;
};

TEST_F(PrefetcherTest, TellsWhenASliceHasBeenRead) {
  Prefetcher prefetcher;
  const auto file = ready_file();
  Outcome first, second;
  ASSERT_TRUE(prefetcher.fetch(whole(file), first.done()));
  EXPECT_TRUE(first.wait());
  ASSERT_TRUE(prefetcher.fetch({.file = file, .offset = 100'000, .length = 500'000}, second.done()));
  EXPECT_TRUE(second.wait()) << "the file is shorter than it was: whoever sends it finds out";
  end(prefetcher);
}

TEST_F(PrefetcherTest, TellsWhyASliceCannotBeRead) {
  Prefetcher prefetcher;
  const auto broken = std::make_shared<HangingFile>(os::Fd());
  broken->go_on();
  Outcome outcome;
  ASSERT_TRUE(prefetcher.fetch(whole(broken), outcome.done()));
  const auto fetched = outcome.wait();
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().code, EBADF);
  end(prefetcher);
}

TEST_F(PrefetcherTest, StartsThreadsWhenTheyAreNeeded) {
  std::thread([] {}).join();  // a sanitizer starts a thread of its own with the first one
  const auto before = threads_now();
  Prefetcher prefetcher({.threads = 2, .waiting = 10});
  EXPECT_EQ(threads_now(), before);
  const std::shared_ptr<HangingFile> files[] = {hanging_file(), hanging_file(), hanging_file()};
  Outcome outcomes[3];
  for (std::size_t i = 0; i < 3; ++i) ASSERT_TRUE(prefetcher.fetch(whole(files[i]), outcomes[i].done()));
  files[0]->wait_until_reached(), files[1]->wait_until_reached();
  EXPECT_EQ(threads_now(), before + 2);
  for (const auto& file : files) file->go_on();
  for (Outcome& outcome : outcomes) EXPECT_TRUE(outcome.wait());
  end(prefetcher);
  EXPECT_EQ(threads_now(), before);
}

TEST_F(PrefetcherTest, RefusesWhenTooManyWait) {
  Prefetcher prefetcher({.threads = 1, .waiting = 1});
  const auto hanging = hanging_file(), waiting = ready_file(), refused = ready_file();
  Outcome first, second, third;
  ASSERT_TRUE(prefetcher.fetch(whole(hanging), first.done()));
  hanging->wait_until_reached();
  ASSERT_TRUE(prefetcher.fetch(whole(waiting), second.done()));
  EXPECT_FALSE(prefetcher.fetch(whole(refused), third.done()));
  hanging->go_on();
  EXPECT_TRUE(first.wait());
  EXPECT_TRUE(second.wait());
  end(prefetcher);
  EXPECT_FALSE(third.was_told());
}

TEST_F(PrefetcherTest, ForgetsWhatNobodyWaitsFor) {
  Prefetcher prefetcher({.threads = 1, .waiting = 1});
  const auto hanging = hanging_file(), wanted = ready_file();
  auto left = ready_file();
  Outcome first, second, third;
  ASSERT_TRUE(prefetcher.fetch(whole(hanging), first.done()));
  hanging->wait_until_reached();
  ASSERT_TRUE(prefetcher.fetch(whole(left), second.done()));
  left.reset();
  EXPECT_TRUE(prefetcher.fetch(whole(wanted), third.done())) << "a place is free again";
  hanging->go_on();
  EXPECT_TRUE(third.wait());
  end(prefetcher);
  EXPECT_FALSE(second.was_told());
}

TEST_F(PrefetcherTest, KeepsTheFileWhileItReads) {
  Prefetcher prefetcher;
  auto file = hanging_file();
  const std::weak_ptr<HangingFile> watched = file;
  HangingFile& hanging = *file;
  Outcome outcome;
  ASSERT_TRUE(prefetcher.fetch(whole(file), outcome.done()));
  hanging.wait_until_reached();
  file.reset();
  EXPECT_FALSE(watched.expired());
  hanging.go_on();
  EXPECT_TRUE(outcome.wait());
  end(prefetcher);
  EXPECT_TRUE(watched.expired());
}

TEST_F(PrefetcherTest, EndsWithTheLastRead) {
  Prefetcher prefetcher({.threads = 1, .waiting = 1});
  const auto hanging = hanging_file(), waiting = ready_file();
  Outcome first, second;
  ASSERT_TRUE(prefetcher.fetch(whole(hanging), first.done()));
  hanging->wait_until_reached();
  ASSERT_TRUE(prefetcher.fetch(whole(waiting), second.done()));
  std::promise<void> promise;
  const auto ended = promise.get_future();
  prefetcher.shut_down([&] { promise.set_value(); });
  EXPECT_EQ(ended.wait_for(seconds(0)), std::future_status::timeout);
  Outcome late;
  EXPECT_FALSE(prefetcher.fetch(whole(waiting), late.done()));
  hanging->go_on();
  ended.wait();
  prefetcher.join();
  EXPECT_TRUE(first.was_told());
  EXPECT_FALSE(second.was_told());
}

TEST_F(PrefetcherTest, EndsAtOnceWhenItWasNeverUsed) {
  Prefetcher prefetcher;
  bool ended = false;
  prefetcher.shut_down([&] { ended = true; });
  EXPECT_TRUE(ended);
  prefetcher.join();
}

}  // namespace
}  // namespace bobbin::server
