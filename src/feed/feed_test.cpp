#include "feed/feed.h"

#include <atomic>
#include <cstdint>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <utility>
#include <vector>

#include "feed/record_source.h"
#include "feed/test_inbox.h"
#include "feed/test_reader.h"
#include "observe/test_log.h"

namespace bobbin::feed {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// A feed over the folders of an inbox, and what a store would tell it.
class FeedTest : public ::testing::Test {
 protected:
  ~FeedTest() override {
    executor_.shut_down([] {});
    executor_.join();
  }

  void open(Feed::Limits limits = {}) {
    auto feed = Feed::open(inbox_.place().path(), 1, "box", executor_, log_.writer("Uploads"), limits);
    ASSERT_TRUE(feed) << feed.error().message();
    feed_ = *feed;
  }
  void begin(std::uint64_t named, std::uint64_t checkpointed) {
    feed_->begin(TestInbox::kEpoch, named, checkpointed);
    ASSERT_TRUE(eventually([&] { return feed_->is_ready(); }));
  }
  /// Which is not checkpointed yet.
  void store(std::uint64_t sequence) {
    feed_->named(sequence, TestInbox::name_of(sequence), inbox_.add(sequence));
  }
  void store_and_checkpoint(std::uint64_t sequence) {
    store(sequence);
    feed_->checkpointed(sequence);
  }
  /// The sequences that a reader is given.
  [[nodiscard]] std::vector<std::uint64_t> sequences(std::uint64_t after = 0) {
    std::vector<std::uint64_t> found;
    TestReader reader(feed_, {.form = Form::sequence, .after = after, .through = feed_->last_sequence()});
    std::string_view rest = reader.read_all();
    while (const auto read = journal::read_entry(rest)) {
      found.push_back(std::get<journal::Record>(read->entry.content).sequence);
      rest.remove_prefix(read->size);
    }
    EXPECT_EQ(rest, "");
    return found;
  }

  TestInbox inbox_;
  observe::TestLog log_;
  executor::Executor executor_;
  std::shared_ptr<Feed> feed_;
};

TEST_F(FeedTest, ShowsWhatWasThereInWhateverFolder) {
  inbox_.add(1, "done");
  inbox_.add(2, "failed");
  inbox_.add(3, "work", "me.");
  inbox_.add(4, "work", "a.b.");
  inbox_.add(5, "new");
  inbox_.add(7, "new");
  inbox_.place().write("new/README.txt", "not a record");
  inbox_.place().write("new/" + TestInbox::name_of(8), "not a record either");
  open();
  EXPECT_FALSE(feed_->is_ready());
  begin(8, 8);
  EXPECT_THAT(sequences(), ElementsAre(1, 2, 3, 4, 5, 7));
  EXPECT_THAT(sequences(4), ElementsAre(5, 7));
  EXPECT_EQ(feed_->last_sequence(), 8U);
}

TEST_F(FeedTest, ShowsNothingOfAnotherJournal) {
  inbox_.add(1, "done", "", "an earlier epoch");
  inbox_.add(2, "done");
  open();
  begin(2, 2);
  EXPECT_THAT(sequences(), ElementsAre(2));
}

TEST_F(FeedTest, ShowsEachRecordOnceThoughItsFileIsThereTwice) {
  inbox_.add(1, "done");
  inbox_.add(1, "new");
  open();
  begin(1, 1);
  EXPECT_THAT(sequences(), ElementsAre(1));
}

TEST_F(FeedTest, ShowsARecordOnlyWhenItIsCheckpointed) {
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) inbox_.add(sequence);
  open();
  begin(2, 1);  // the third one comes later
  EXPECT_THAT(sequences(), ElementsAre(1));
  feed_->checkpointed(2);
  EXPECT_THAT(sequences(), ElementsAre(1, 2));
  store(3);
  EXPECT_THAT(sequences(), ElementsAre(1, 2));
  feed_->checkpointed(3);
  EXPECT_THAT(sequences(), ElementsAre(1, 2, 3));
}

TEST_F(FeedTest, FindsARecordWhereItsConsumerHasMovedIt) {
  open();
  begin(0, 0);
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) store_and_checkpoint(sequence);
  inbox_.move(1, "new", "work", "me.");
  inbox_.move(2, "new", "done");
  inbox_.move(3, "new", "failed");
  EXPECT_THAT(sequences(), ElementsAre(1, 2, 3, 4));
}

TEST_F(FeedTest, LeavesOutWhatAConsumerHasRemoved) {
  open();
  begin(0, 0);
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) store_and_checkpoint(sequence);
  inbox_.remove(2);
  EXPECT_THAT(sequences(), ElementsAre(1, 3));
  EXPECT_THAT(log_.lines(observe::LogLevel::error), IsEmpty()) << "that is no failure";
}

TEST_F(FeedTest, LeavesOutWhatIsNotWholeAndTellsTheLog) {
  open();
  begin(0, 0);
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) store_and_checkpoint(sequence);
  inbox_.place().write("new/" + TestInbox::name_of(2), TestInbox::entry(2, "{}").substr(1, 200));
  EXPECT_THAT(sequences(), ElementsAre(1, 3));
  EXPECT_THAT(sequences(), ElementsAre(1, 3));
  EXPECT_THAT(log_.lines(observe::LogLevel::error),
              ElementsAre("The feed of the inbox box leaves out the record 2: its file " +
                          TestInbox::name_of(2) + " is not whole"));
}

// UBSan looks at memory through descriptors, and takes their lack for a fault of the program.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kNeedsDescriptors = true;
#else
constexpr bool kNeedsDescriptors = false;
#endif

/// As long as it exists, the process can open no file, as if the disk gave none.
class NoDescriptors {
 public:
  NoDescriptors() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~NoDescriptors() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

/// Its reader would miss the record if it were told to go on behind it.
TEST_F(FeedTest, AnAnswerFailsWhereAFileCannotBeReadNow) {
  if (kNeedsDescriptors) GTEST_SKIP() << "the sanitizers need descriptors";
  open();
  begin(0, 0);
  for (std::uint64_t sequence = 1; sequence <= 2; ++sequence) store_and_checkpoint(sequence);
  {
    const NoDescriptors none;
    TestReader reader(feed_, {.form = Form::lines, .after = 0, .through = 2});
    EXPECT_EQ(reader.read_all(), "");
    EXPECT_TRUE(reader.has_failed());
  }
  EXPECT_THAT(sequences(), ElementsAre(1, 2)) << "they are there as before";
}

TEST_F(FeedTest, LooksAgainWhereTheFoldersCannotBeReadNow) {
  if (kNeedsDescriptors) GTEST_SKIP() << "the sanitizers need descriptors";
  inbox_.add(1);
  open();
  {
    const NoDescriptors none;
    feed_->begin(TestInbox::kEpoch, 1, 1);
    EXPECT_TRUE(eventually([&] { return log_.lines(observe::LogLevel::error).size() == 1; }));
    feed_->tick(monotonic_now());
    feed_->tick(monotonic_now());
  }
  EXPECT_TRUE(eventually([&] {
    feed_->tick(monotonic_now());
    return feed_->is_ready();
  }));
  EXPECT_THAT(sequences(), ElementsAre(1));
  EXPECT_THAT(log_.lines(observe::LogLevel::error), ElementsAre(HasSubstr("tried again each second")))
      << "told once";
}

TEST_F(FeedTest, ForgetsWhatIsRemovedThoughNobodyReads) {
  open();
  begin(0, 0);
  constexpr std::uint64_t kRecords = 5000;
  for (std::uint64_t sequence = 1; sequence <= kRecords; ++sequence)
    feed_->named(sequence, TestInbox::name_of(sequence), 100);
  inbox_.add(kRecords);
  feed_->checkpointed(kRecords);
  feed_->tick(monotonic_now());
  EXPECT_TRUE(eventually([&] { return feed_->range(0, kRecords, kRecords * 100).records == 1; }));
  EXPECT_THAT(sequences(), ElementsAre(kRecords));
}

TEST_F(FeedTest, ReadersAtOnePlaceShareAPiece) {
  open();
  begin(0, 0);
  store_and_checkpoint(1);
  const PieceKey key{.form = Form::lines, .after = 0, .through = 1};
  const auto first = feed_->make_piece(key);
  EXPECT_EQ(feed_->make_piece(key).piece, first.piece);
  PieceKey other = key;
  other.form = Form::sequence;
  EXPECT_NE(feed_->make_piece(other).piece->text, first.piece->text);
}

TEST_F(FeedTest, GathersSmallRecordsInAPiece) {
  const std::uint64_t bytes = inbox_.add(1);
  open({.piece_bytes = static_cast<std::size_t>(bytes) + 1});
  begin(0, 0);
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) store_and_checkpoint(sequence);
  const auto piece = feed_->make_piece({.form = Form::lines, .after = 0, .through = 5}).piece;
  EXPECT_EQ(piece->last, 2U) << "the first one did not fill it";
  EXPECT_THAT(sequences(), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(FeedTest, ReadersTakeNoMoreMemoryTogetherThanIsAllowed) {
  const std::uint64_t bytes = inbox_.add(1);
  open({.memory_bytes = bytes + bytes / 2});
  begin(0, 0);
  for (std::uint64_t sequence = 1; sequence <= 2; ++sequence) store_and_checkpoint(sequence);
  auto first = feed_->make_piece({.form = Form::lines, .after = 0, .through = 1}).piece;
  ASSERT_NE(first, nullptr);
  const PieceKey second{.form = Form::lines, .after = 1, .through = 2};
  EXPECT_EQ(feed_->make_piece(second).piece, nullptr);
  first.reset();
  feed_->tick(monotonic_now());
  EXPECT_NE(feed_->make_piece(second).piece, nullptr);
}

TEST_F(FeedTest, AReaderWithoutMemoryGoesOnWhenThereIsSome) {
  const std::uint64_t bytes = inbox_.add(1);
  open({.memory_bytes = bytes + bytes / 2});
  begin(0, 0);
  for (std::uint64_t sequence = 1; sequence <= 2; ++sequence) store_and_checkpoint(sequence);
  auto held = feed_->make_piece({.form = Form::lines, .after = 0, .through = 1}).piece;
  TestReader reader(feed_, {.form = Form::sequence, .after = 1, .through = 2});
  ASSERT_TRUE(reader.pulls_until_it_waits());
  ASSERT_TRUE(eventually([&] { return reader.pulls_until_it_waits() && feed_->waiting_readers() == 1; }));
  held.reset();
  feed_->tick(monotonic_now());
  EXPECT_EQ(reader.read_all(), TestInbox::entry(2, TestInbox::document(2)));
}

// ---- waiting ----

TEST_F(FeedTest, NobodyWaitsForWhatIsThere) {
  open();
  begin(0, 0);
  store_and_checkpoint(1);
  EXPECT_FALSE(feed_->wait(0, kNever, [](Feed&) {}));
  EXPECT_EQ(feed_->waiting_readers(), 0U);
}

TEST_F(FeedTest, AllWhoWaitGoOnAtTheNextCheckpoint) {
  open();
  begin(0, 0);
  std::atomic<int> went_on = 0;
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(feed_->wait(0, kNever, [&](Feed&) { ++went_on; }));
  store(1);
  EXPECT_EQ(feed_->waiting_readers(), 500U);
  feed_->checkpointed(1);
  EXPECT_TRUE(eventually([&] { return went_on == 500; }));
  EXPECT_EQ(feed_->waiting_readers(), 0U);
}

TEST_F(FeedTest, WhoHasLeftDoesNotGoOn) {
  open();
  begin(0, 0);
  std::atomic<int> went_on = 0;
  const auto place = feed_->wait(0, kNever, [&](Feed&) { went_on += 100; });
  ASSERT_TRUE(feed_->wait(0, kNever, [&](Feed&) { ++went_on; }));
  feed_->leave(*place);
  feed_->leave(*place);
  store_and_checkpoint(1);
  EXPECT_TRUE(eventually([&] { return went_on > 0; }));
  EXPECT_EQ(went_on, 1);
}

TEST_F(FeedTest, WhoIsDueGoesOnWithoutARecord) {
  open();
  begin(0, 0);
  const Instant now = monotonic_now();
  std::vector<int> went_on;
  ASSERT_TRUE(feed_->wait(0, now + seconds(2), [&](Feed&) { went_on.push_back(2); }));
  ASSERT_TRUE(feed_->wait(0, now + seconds(1), [&](Feed&) { went_on.push_back(1); }));
  ASSERT_TRUE(feed_->wait(0, kNever, [&](Feed&) { went_on.push_back(3); }));
  feed_->tick(now);
  EXPECT_THAT(went_on, IsEmpty());
  feed_->tick(now + seconds(1));
  EXPECT_THAT(went_on, ElementsAre(1));
  feed_->tick(now + seconds(9));
  EXPECT_THAT(went_on, ElementsAre(1, 2));
  feed_->end_readers();
  EXPECT_THAT(went_on, ElementsAre(1, 2, 3));
}

TEST_F(FeedTest, NobodyWaitsWhileTheServerStops) {
  open();
  begin(0, 0);
  int went_on = 0;
  ASSERT_TRUE(feed_->wait(0, kNever, [&](Feed&) { ++went_on; }));
  feed_->stop();
  EXPECT_EQ(went_on, 1);
  EXPECT_FALSE(feed_->wait(0, kNever, [](Feed&) {}));
}

// ---- event streams ----

TEST_F(FeedTest, AStreamGoesOnWithEveryRecordThatComes) {
  open();
  begin(0, 0);
  store_and_checkpoint(1);
  store_and_checkpoint(2);
  TestReader reader(feed_, {.form = Form::events, .after = 1});
  ASSERT_TRUE(reader.read_until("id: 2\n"));
  EXPECT_THAT(reader.text(), StartsWith("retry: 1000\n\nid: 2\ndata: {\"bobbin\":1,"));
  EXPECT_THAT(reader.text(), EndsWith("}\n\n"));
  ASSERT_TRUE(eventually([&] { return reader.pulls_until_it_waits() && feed_->waiting_readers() == 1; }));
  store_and_checkpoint(3);
  ASSERT_TRUE(reader.read_until("id: 3\n"));
  EXPECT_FALSE(reader.has_ended());
}

TEST_F(FeedTest, AStreamSaysSomethingNowAndThen) {
  open();
  begin(0, 0);
  TestReader reader(feed_, {.form = Form::events, .comment_every = Duration(0)});
  ASSERT_TRUE(reader.read_until("\n:\n\n:\n\n"));
}

TEST_F(FeedTest, AStreamEndsWhenReadersAreEnded) {
  open();
  begin(0, 0);
  TestReader reader(feed_, {.form = Form::events});
  ASSERT_TRUE(reader.pulls_until_it_waits());
  EXPECT_EQ(feed_->waiting_readers(), 1U);
  feed_->end_readers();
  EXPECT_EQ(reader.read_all(), "retry: 1000\n\n");
  TestReader next(feed_, {.form = Form::events});
  ASSERT_TRUE(next.pulls_until_it_waits());
  EXPECT_EQ(feed_->waiting_readers(), 1U) << "one that has begun later";
}

TEST_F(FeedTest, AStreamEndsWithItsLife) {
  open();
  begin(0, 0);
  store_and_checkpoint(1);
  TestReader reader(feed_, {.form = Form::events, .longest_life = Duration(0)});
  EXPECT_EQ(reader.read_all(), "retry: 1000\n\n");
}

TEST_F(FeedTest, AClientThatGoesWaitsNoMore) {
  open();
  begin(0, 0);
  {
    TestReader reader(feed_, {.form = Form::events});
    ASSERT_TRUE(reader.pulls_until_it_waits());
    EXPECT_EQ(feed_->waiting_readers(), 1U);
  }
  EXPECT_EQ(feed_->waiting_readers(), 0U);
}

}  // namespace
}  // namespace bobbin::feed
