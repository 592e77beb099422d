#include "journal/journal.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "journal/directory_medium.h"
#include "os/directory.h"
#include "os/test_directory.h"

namespace bobbin::journal {
namespace {

Record record(std::string_view body) {
  return {.id = "id",
          .inbox = "upload",
          .received = WallTime(seconds(1)),
          .name = "name.json",
          .size_bytes = body.size(),
          .digest = crypto::sha256(body)};
}

class JournalTest : public ::testing::Test {
 protected:
  Journal& open(std::uint64_t segment_bytes = 64UL * 1024) {
    journal_.reset();
    if (!medium_) medium_ = *DirectoryMedium::open(parent_, "journal");
    history_ = *Journal::read(*medium_);
    journal_ = *Journal::open(*medium_, history_, "epoch", {.boot = "boot", .mount = 7}, segment_bytes);
    return *journal_;
  }
  static constexpr std::uint64_t kSmallSegment = 16UL * 1024;
  /// Of segments of this size.
  Medium& small_medium() {
    open(kSmallSegment);
    return *medium_;
  }
  /// Goes on in another segment of this size.
  void open_with(Medium& medium) {
    history_ = *Journal::read(medium);
    journal_ = *Journal::open(medium, history_, "epoch", {}, kSmallSegment);
  }
  /// Adds a record of so many bytes, and makes it durable.
  void store(std::size_t bytes = 20) {
    const std::string body = "\"" + std::string(bytes, 'x') + "\"";
    ASSERT_TRUE(journal_->make_room(body.size() + Journal::kRecordBytes));
    journal_->add(record(body), body);
    ASSERT_TRUE(journal_->write() && journal_->flush());
  }
  [[nodiscard]] std::vector<std::uint64_t> open_sequences() const {
    std::vector<std::uint64_t> sequences;
    for (const OpenRecord& each : history_.open) sequences.push_back(each.record.sequence);
    return sequences;
  }
  [[nodiscard]] std::size_t segments() { return medium_->segments()->size(); }

  os::TestDirectory directory_;
  os::Fd parent_ = *os::open_directory(directory_.path());
  std::unique_ptr<DirectoryMedium> medium_;
  std::unique_ptr<Journal> journal_;
  History history_;
};

using Sequences = std::vector<std::uint64_t>;

TEST_F(JournalTest, HasWhatWasWrittenWhenItIsOpenedAgain) {
  open();
  EXPECT_EQ(history_.epoch, "");
  store();
  store();
  open();
  EXPECT_EQ(history_.epoch, "epoch");
  EXPECT_EQ(open_sequences(), (Sequences{1, 2}));
  store();
  journal_->add(Checkpoint{2});
  ASSERT_TRUE(journal_->write() && journal_->flush());
  open();
  EXPECT_EQ(open_sequences(), (Sequences{3}));
  EXPECT_EQ(history_.last_begin.mount, 7U);
  EXPECT_EQ(history_.damage, std::vector<Damage>{});
}

TEST_F(JournalTest, WhatWasNotWrittenIsNotThere) {
  open();
  store();
  journal_->add(record("{}"), "{}");
  open();
  EXPECT_EQ(open_sequences(), (Sequences{1}));
}

TEST_F(JournalTest, BeginsSegmentsAsTheyFillUp) {
  open(16UL * 1024);
  for (int i = 0; i < 40; ++i) store(2000);
  EXPECT_GT(segments(), 5U);
  open(16UL * 1024);
  EXPECT_EQ(history_.open.size(), 40U);
  EXPECT_EQ(history_.damage, std::vector<Damage>{});
}

TEST_F(JournalTest, UsesWhatWasTakenOutAgain) {
  open(16UL * 1024);
  for (int round = 0; round < 30; ++round) {
    store(2000);
    journal_->add(Checkpoint{journal_->sequence()});
    ASSERT_TRUE(journal_->write() && journal_->flush() && journal_->trim(journal_->sequence()));
    ASSERT_LE(segments(), 2U);
  }
  store(100);
  EXPECT_LT(journal_->bytes(), 16U * 1024);
  EXPECT_TRUE(std::filesystem::exists(directory_.path() + "/journal/spare"));
  open(16UL * 1024);
  EXPECT_EQ(open_sequences(), (Sequences{31}));
  EXPECT_EQ(history_.damage, std::vector<Damage>{});
}

TEST_F(JournalTest, KeepsAFewOfThoseThatWereTakenOutTogether) {
  open(16UL * 1024);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 80; ++i) store(2000);
    ASSERT_GT(segments(), 8U);
    journal_->add(Checkpoint{journal_->sequence()});
    ASSERT_TRUE(journal_->write() && journal_->flush() && journal_->trim(journal_->sequence()));
    const auto files = std::filesystem::directory_iterator(directory_.path() + "/journal");
    std::size_t prepared = 0;
    for (const auto& file : files) prepared += is_prepared_segment(file.path().filename().string()) ? 1 : 0;
    ASSERT_EQ(prepared, 2U);
    ASSERT_EQ(segments(), 1U);
  }
  EXPECT_EQ(open_sequences(), Sequences{});
}

TEST_F(JournalTest, ASpareFileThatWasMadeAheadIsUsed) {
  open(16UL * 1024);
  EXPECT_FALSE(journal_->needs_spare());
  store(6000);
  EXPECT_TRUE(journal_->needs_spare());
  medium_->make_spare(16UL * 1024);
  medium_->make_spare(16UL * 1024);
  const std::filesystem::path spare = directory_.path() + "/journal/spare";
  ASSERT_TRUE(std::filesystem::exists(spare));
  EXPECT_EQ(std::filesystem::file_size(spare), 16UL * 1024);
  store(6000);
  EXPECT_EQ(segments(), 2U);
  EXPECT_FALSE(std::filesystem::exists(spare));
  open(16UL * 1024);
  EXPECT_EQ(open_sequences(), (Sequences{1, 2}));
}

TEST_F(JournalTest, WhatWasMadeAheadByHalfIsRemovedAtTheStart) {
  const std::filesystem::path ahead = directory_.path() + "/journal/ahead";
  open(16UL * 1024);
  medium_.reset();
  std::ofstream(ahead) << "zeros";
  medium_ = *DirectoryMedium::open(parent_, "journal");
  EXPECT_FALSE(std::filesystem::exists(ahead));
}

TEST_F(JournalTest, TakesOutNothingThatIsNeeded) {
  open(16UL * 1024);
  for (int i = 0; i < 20; ++i) store(2000);
  const std::size_t before = segments();
  ASSERT_TRUE(journal_->trim(1));
  EXPECT_EQ(segments(), before);
  open(16UL * 1024);
  EXPECT_EQ(history_.open.size(), 20U);
}

TEST_F(JournalTest, IsForItsOwnerOnly) {
  open();
  const auto permissions = [&](const std::string& name) {
    return std::filesystem::status(directory_.path() + name).permissions();
  };
  EXPECT_EQ(permissions("/journal"), std::filesystem::perms::owner_all);
  EXPECT_EQ(permissions("/journal/0000000001.segment"),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(JournalTest, IgnoresOtherFiles) {
  open();
  store();
  for (const char* name : {"x.segment", "1", ".segment", "0000000099.segment"})
    ASSERT_TRUE(os::create_named(*os::open_directory(directory_.path() + "/journal"), name));
  open();
  EXPECT_EQ(open_sequences(), (Sequences{1}));
  store();
  open();
  EXPECT_EQ(open_sequences(), (Sequences{1, 2}));
}

/// Fails one step, once.
class FailingMedium final : public Medium {
 public:
  explicit FailingMedium(Medium& medium) : medium_(medium) {}
  int fail_prepare = 0;
  int fail_install = 0;
  int fail_write = 0;
  int fail_flush = 0;

  Result<std::vector<std::uint64_t>> segments() override { return medium_.segments(); }
  Result<std::string> read(std::uint64_t number) override { return medium_.read(number); }
  Result<std::unique_ptr<SegmentFile>> prepare(std::uint64_t size_bytes) override {
    TRY(step(fail_prepare));
    return std::make_unique<File>(*this, TRY(medium_.prepare(size_bytes)));
  }
  Result<void> install(std::uint64_t number) override {
    TRY(step(fail_install));
    return medium_.install(number);
  }
  Result<void> retire(std::uint64_t number) override { return medium_.retire(number); }
  Result<void> remove_spares() override { return medium_.remove_spares(); }

 private:
  class File final : public SegmentFile {
   public:
    File(FailingMedium& medium, std::unique_ptr<SegmentFile> file)
        : medium_(medium), file_(std::move(file)) {}
    Result<void> write(std::uint64_t offset, Bytes bytes) override {
      TRY(step(medium_.fail_write));
      return file_->write(offset, bytes);
    }
    Result<void> flush() override {
      TRY(step(medium_.fail_flush));
      return file_->flush();
    }

   private:
    FailingMedium& medium_;
    std::unique_ptr<SegmentFile> file_;
  };
  static Result<void> step(int& code) {
    if (code == 0) return {};
    return failure(Error{std::exchange(code, 0), "test"});
  }

  Medium& medium_;
};

TEST_F(JournalTest, IsWholeWhenThereIsNoSpaceForASegment) {
  FailingMedium failing(small_medium());
  open_with(failing);
  store();
  failing.fail_prepare = ENOSPC;
  EXPECT_EQ(journal_->make_room(16UL * 1024).error().code, ENOSPC);
  EXPECT_FALSE(journal_->is_broken());
  store();
  ASSERT_TRUE(journal_->make_room(16UL * 1024));
  store();
  open(16UL * 1024);
  EXPECT_EQ(open_sequences(), (Sequences{1, 2, 3}));
}

TEST_F(JournalTest, GoesOnBehindWhatWasFlushedAsIfNothingHadFollowed) {
  for (int FailingMedium::* step :
       {&FailingMedium::fail_install, &FailingMedium::fail_write, &FailingMedium::fail_flush}) {
    FailingMedium failing(small_medium());
    open_with(failing);
    const std::uint64_t before = journal_->sequence();
    store();
    journal_->add(record("1"), "1");
    ASSERT_TRUE(journal_->write());  // and not flushed, but there to be read
    failing.*step = EIO;
    EXPECT_FALSE(journal_->make_room(16UL * 1024));  // which begins with a flush
    const std::uint64_t flushed = before + (step == &FailingMedium::fail_flush ? 1 : 2);
    for (int attempt = 1; attempt <= 2; ++attempt) {  // of which the first one is interrupted
      const auto history = Journal::read(*medium_, journal_->flushed_receipt());
      ASSERT_TRUE(history);
      EXPECT_EQ(history->sequence, flushed);
      auto next = *Journal::open(*medium_, *history, "epoch", {}, kSmallSegment);
      if (attempt == 2) journal_ = std::move(next);
    }
    store();
    open(16UL * 1024);
    EXPECT_EQ(history_.sequence, flushed + 1);
    EXPECT_EQ(history_.damage, std::vector<Damage>{});
  }
}

TEST_F(JournalTest, NothingOnWhichTheDiskHasFailedIsUsedAgain) {
  open(kSmallSegment);
  store();
  open(kSmallSegment);
  ASSERT_TRUE(journal_->trim(journal_->sequence()));
  const std::string spare = directory_.path("journal/spare");
  EXPECT_TRUE(std::filesystem::exists(spare));
  ASSERT_TRUE(medium_->remove_spares());
  EXPECT_FALSE(std::filesystem::exists(spare));
  EXPECT_TRUE(medium_->remove_spares()) << "there is none";
}

TEST_F(JournalTest, IsNotReadToAnEndThatIsNotThere) {
  open();
  store();
  EXPECT_EQ(Journal::read(*medium_, crypto::sha256("something else")).error().code, EBADMSG);
}

TEST_F(JournalTest, HasRoomForNotesOnAFullDisk) {
  FailingMedium failing(small_medium());
  open_with(failing);
  while (journal_->has_room(Journal::kRecordBytes + 100)) store();
  failing.fail_prepare = ENOSPC;
  ASSERT_FALSE(journal_->make_room(Journal::kRecordBytes + 100));
  for (int i = 0; i < 4; ++i) {
    failing.fail_prepare = ENOSPC;
    ASSERT_TRUE(journal_->make_room_for_note());
    journal_->add(Checkpoint{journal_->sequence()});
    ASSERT_TRUE(journal_->write() && journal_->flush());
  }
  open(16UL * 1024);
  EXPECT_EQ(open_sequences(), Sequences{});
}

TEST_F(JournalTest, IsBrokenByAnyOtherFailure) {
  for (int FailingMedium::* step :
       {&FailingMedium::fail_install, &FailingMedium::fail_write, &FailingMedium::fail_flush}) {
    FailingMedium failing(small_medium());
    open_with(failing);
    const std::uint64_t before = journal_->sequence();
    store();
    failing.*step = EIO;
    EXPECT_FALSE(journal_->make_room(16UL * 1024));
    EXPECT_TRUE(journal_->is_broken());
    open(16UL * 1024);
    ASSERT_EQ(history_.sequence, before + 1);
    EXPECT_EQ(history_.damage, std::vector<Damage>{});
  }
}

}  // namespace
}  // namespace bobbin::journal
