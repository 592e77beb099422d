#include "journal/history.h"

#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bobbin::journal {
namespace {

constexpr std::size_t kSectorBytes = 512;

std::string document(std::uint64_t sequence, std::size_t bytes = 20) {
  return "{\"n\": " + std::to_string(sequence) + ", \"x\": \"" + std::string(bytes, 'x') + "\"}";
}

/// Writes the segments of a journal, as the server would.
class Writer {
 public:
  struct Segment {
    std::string text;
    std::size_t flushed_bytes = 0;  // which a power cut keeps
  };

  void begin_segment(std::string boot = "one") {
    segments_.emplace_back();
    add(SegmentBegin{
        .number = segments_.size(), .first = sequence_ + 1, .boot = std::move(boot), .mount = 7});
    flush();
  }
  void add_record(std::size_t bytes = 20, std::optional<Bundle> bundle = {}) {
    const std::string body = document(++sequence_, bytes);
    add(Record{.sequence = sequence_,
               .id = "id" + std::to_string(sequence_),
               .inbox = "upload",
               .received = WallTime(seconds(1'800'000'000 + static_cast<std::int64_t>(sequence_))),
               .name = std::to_string(sequence_) + ".json",
               .size_bytes = body.size(),
               .digest = crypto::sha256(body),
               .bundle = bundle},
        body);
  }
  void add_bundle(std::uint64_t documents) {
    const Bundle bundle{.first = sequence_ + 1, .documents = documents};
    for (std::uint64_t i = 0; i < documents; ++i) add_record(20, bundle);
  }
  void add(decltype(Entry::content) content, std::string_view body = {}) {
    receipt_ = append_entry(
        current().text,
        {.epoch = "e", .previous = receipt_, .flushed = flushed_, .content = std::move(content)}, body);
    receipts_.push_back(receipt_);
  }
  void flush() {
    flushed_ = sequence_;
    current().flushed_bytes = current().text.size();
  }
  /// Goes back to before the last `entries` entries, of which the flush has failed.
  void go_back(std::size_t entries, std::uint64_t sequence) {
    receipts_.resize(receipts_.size() - entries);
    receipt_ = receipts_.back();
    sequence_ = sequence;
  }
  [[nodiscard]] Segment& current() { return segments_.back(); }
  [[nodiscard]] std::vector<Segment>& segments() { return segments_; }

 private:
  std::vector<Segment> segments_;
  std::vector<crypto::Digest> receipts_;
  crypto::Digest receipt_{};
  std::uint64_t sequence_ = 0;
  std::uint64_t flushed_ = 0;
};

std::uint64_t number_in(const std::string& segment) {
  const auto read = read_entry(segment);
  return read ? std::get<SegmentBegin>(read->entry.content).number : 1;
}

History history_of(const std::vector<std::string>& segments) {
  HistoryReader reader;
  for (const std::string& segment : segments) reader.add(number_in(segment), segment);
  return std::move(reader).finish();
}
History history_of(Writer& writer) {
  std::vector<std::string> texts;
  for (const auto& segment : writer.segments()) texts.push_back(segment.text + std::string(5000, '\0'));
  return history_of(texts);
}

std::vector<std::uint64_t> open_sequences(const History& history) {
  std::vector<std::uint64_t> sequences;
  for (const OpenRecord& open : history.open) {
    EXPECT_EQ(open.content,
              document(open.record.sequence, open.content.size() - document(open.record.sequence, 0).size()));
    sequences.push_back(open.record.sequence);
  }
  return sequences;
}

using Sequences = std::vector<std::uint64_t>;

TEST(HistoryTest, OfNothingIsEmpty) {
  for (const std::string& bytes : {std::string(), std::string(4096, '\0'), std::string("garbage")}) {
    HistoryReader reader;
    EXPECT_FALSE(reader.add(1, bytes));
    EXPECT_EQ(std::move(reader).finish().epoch, "");
  }
}

TEST(HistoryTest, HasTheRecordsBehindTheCheckpoint) {
  Writer writer;
  writer.begin_segment();
  for (int i = 0; i < 3; ++i) writer.add_record();
  writer.flush();
  writer.add(Published{3});
  writer.add(Checkpoint{2});
  writer.add_record();
  writer.add_record();
  writer.add(Withdrawal{4});
  writer.flush();
  const History history = history_of(writer);
  EXPECT_EQ(open_sequences(history), (Sequences{3, 5}));
  EXPECT_TRUE(history.open[0].is_published);
  EXPECT_FALSE(history.open[1].is_published);
  EXPECT_EQ(history.sequence, 5U);
  EXPECT_EQ(history.checkpoint, 2U);
  EXPECT_EQ(history.last_segment, 1U);
  EXPECT_EQ(history.last_begin.boot, "one");
  EXPECT_EQ(history.damage, std::vector<Damage>{});
}

/// A power cut may end a write anywhere: of a bundle all records are there, or none counts.
TEST(HistoryTest, ABundleIsThereWithAllItsRecordsOrNotAtAll) {
  Writer writer;
  writer.begin_segment();
  writer.add_record();
  writer.add_bundle(2);
  const std::size_t begin = writer.current().text.size();
  writer.add_bundle(3);
  const std::string& text = writer.current().text;
  for (std::size_t size = begin; size <= text.size(); ++size) {
    const History history = history_of({text.substr(0, size)});
    std::vector<std::uint64_t> open{1, 2, 3};
    std::vector<std::uint64_t> unfinished;
    for (std::uint64_t sequence = 4; sequence <= history.sequence; ++sequence)
      (size == text.size() ? open : unfinished).push_back(sequence);
    EXPECT_EQ(open_sequences(history), open) << size;
    EXPECT_EQ(history.unfinished, unfinished) << size;
  }
}

TEST(HistoryTest, ABundleOfWhichOneRecordIsWithdrawnIsNotThere) {
  Writer writer;
  writer.begin_segment();
  writer.add_bundle(3);
  writer.add(Withdrawal{2});
  const History history = history_of(writer);
  EXPECT_EQ(open_sequences(history), std::vector<std::uint64_t>{});
  EXPECT_EQ(history.unfinished, (std::vector<std::uint64_t>{1, 3}));
}

/// The power was cut while the withdrawals were written, and nobody had been told anything.
TEST(HistoryTest, ADurableBundleOfWhichOneRecordIsWithdrawnIsNotThere) {
  Writer writer;
  writer.begin_segment();
  writer.add_bundle(3);
  writer.flush();
  writer.add(Withdrawal{2});
  const History history = history_of(writer);
  EXPECT_EQ(open_sequences(history), std::vector<std::uint64_t>{});
  EXPECT_EQ(history.unfinished, (std::vector<std::uint64_t>{1, 3}));
}

/// Its sender was told that it is stored, so what is left of it counts.
TEST(HistoryTest, OfABundleThatTheDiskHasLostInPartTheRestIsThere) {
  Writer writer;
  writer.begin_segment();
  writer.add_bundle(3);
  const std::size_t before = writer.current().text.size();
  writer.add_bundle(3);
  const std::size_t in_second = writer.current().text.find("\"sequence\":5,");
  writer.flush();
  writer.add_record();
  std::string text = writer.current().text;
  ASSERT_LT(before, in_second);
  text[in_second - 20] ^= 1;
  const History history = history_of({text});
  EXPECT_EQ(history.damage, (std::vector<Damage>{{.first = 5, .last = 6}}));
  EXPECT_EQ(open_sequences(history), (std::vector<std::uint64_t>{1, 2, 3, 4}));
  EXPECT_EQ(history.unfinished, std::vector<std::uint64_t>{});
}

TEST(HistoryTest, OfABundleBeforeTheCheckpointNothingIsAsked) {
  Writer writer;
  writer.begin_segment();
  writer.add_bundle(2);
  writer.add(Checkpoint{2});
  writer.add_bundle(2);
  const History history = history_of(writer);
  EXPECT_EQ(open_sequences(history), (std::vector<std::uint64_t>{3, 4}));
  EXPECT_EQ(history.unfinished, std::vector<std::uint64_t>{});
}

TEST(HistoryTest, IsInDoubtUntilTheNextCheckpoint) {
  Writer writer;
  writer.begin_segment();
  writer.add_record();
  EXPECT_FALSE(history_of(writer).is_in_doubt);
  writer.add(Doubt{0});
  EXPECT_TRUE(history_of(writer).is_in_doubt);
  writer.add(Checkpoint{1});
  EXPECT_FALSE(history_of(writer).is_in_doubt);
}

TEST(HistoryTest, GoesOnFromOneSegmentToTheNext) {
  Writer writer;
  writer.begin_segment();
  writer.add_record();
  writer.flush();
  writer.begin_segment("two");
  writer.add_record();
  writer.flush();
  const History both = history_of(writer);
  EXPECT_EQ(open_sequences(both), (Sequences{1, 2}));
  EXPECT_EQ(both.last_begin.boot, "two");
  // The first one has been removed after a checkpoint.
  const History second = history_of({writer.segments()[1].text});
  EXPECT_EQ(open_sequences(second), (Sequences{2}));
  EXPECT_EQ(second.checkpoint, 1U);
  EXPECT_EQ(second.damage, std::vector<Damage>{});
}

TEST(HistoryTest, GivesUpWhatTheNextSegmentDoesNotGoOnFrom) {
  Writer writer;
  writer.begin_segment();
  writer.add_record();
  writer.flush();
  writer.add_record();
  writer.add_record();
  writer.go_back(2, 1);
  writer.begin_segment();
  writer.add_record(33);
  writer.flush();
  const History history = history_of(writer);
  EXPECT_EQ(open_sequences(history), (Sequences{1, 2}));
  EXPECT_EQ(history.open[1].content, document(2, 33));
  EXPECT_EQ(history.damage, std::vector<Damage>{});
}

TEST(HistoryTest, TellsItsListenerOfWhatBelongsToIt) {
  Writer writer;
  writer.begin_segment();
  writer.add_record();
  writer.flush();
  const std::size_t flushed = writer.current().text.size();
  writer.add_record();
  std::vector<std::string> texts;
  HistoryReader reader([&](const ReadEntry& read, std::string_view text) {
    EXPECT_EQ(read.size, text.size());
    texts.emplace_back(text);
  });
  std::string disk = writer.current().text;
  disk[flushed + 200] = '\0';  // a torn write
  EXPECT_TRUE(reader.add(1, disk));
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0] + texts[1], disk.substr(0, flushed));
}

TEST(HistoryTest, LeavesOutAForeignSegment) {
  Writer writer;
  writer.begin_segment();
  writer.add_record();
  writer.flush();
  std::string foreign;
  append_entry(foreign, {.epoch = "other", .content = SegmentBegin{.number = 2, .first = 2}});
  HistoryReader reader;
  EXPECT_FALSE(reader.add(2, writer.segments()[0].text)) << "a spare file that has its old name again";
  EXPECT_TRUE(reader.add(1, writer.segments()[0].text));
  EXPECT_FALSE(reader.add(1, writer.segments()[0].text)) << "the same once more";
  EXPECT_EQ(open_sequences(std::move(reader).finish()), (Sequences{1}));
}

TEST(HistoryTest, TellsASegmentThatHasLostItsBeginning) {
  Writer writer;
  for (int i = 0; i < 2; ++i) {
    writer.begin_segment();
    writer.add_record();
    writer.flush();
  }
  const std::string& first = writer.segments()[0].text;
  const std::string& last = writer.segments()[1].text;
  for (const std::string& damaged :
       {std::string(512, '\0') + last.substr(512), std::string(), "?" + last.substr(1)}) {
    HistoryReader reader;
    EXPECT_TRUE(reader.add(1, first));
    EXPECT_FALSE(reader.add(2, damaged));
    EXPECT_EQ(std::move(reader).finish().lost_segment, 2U);
  }
  HistoryReader alone;
  EXPECT_FALSE(alone.add(1, "?"));
  EXPECT_EQ(std::move(alone).finish().lost_segment, 1U);

  // A spare file whose beginning was just being written when a power cut gave it its old name again.
  HistoryReader left_over;
  EXPECT_FALSE(left_over.add(1, "?" + first.substr(1)));
  EXPECT_TRUE(left_over.add(2, last));
  EXPECT_EQ(std::move(left_over).finish().lost_segment, std::nullopt);
}

/// Every set of the sectors that the last write has changed may have reached the disk.
TEST(HistoryTest, AnySectorsOfTheLastWriteMayBeMissing) {
  for (const std::size_t bytes : {20U, 400U, 700U}) {
    Writer writer;
    writer.begin_segment();
    for (int i = 0; i < 3; ++i) writer.add_record(bytes);
    writer.flush();
    const std::size_t before = writer.current().text.size();
    for (int i = 0; i < 4; ++i) writer.add_record(bytes);
    writer.add(Published{3});
    const std::string& after = writer.current().text;
    const std::size_t first = before / kSectorBytes;
    const std::size_t count = (after.size() - 1) / kSectorBytes - first + 1;
    ASSERT_LE(count, 14U);
    std::string padded = after;
    padded.resize((first + count) * kSectorBytes, '\0');
    for (unsigned kept = 0; kept < 1U << count; ++kept) {
      std::string disk = after.substr(0, before);
      disk.resize(padded.size(), '\0');
      for (std::size_t sector = 0; sector < count; ++sector)
        if ((kept >> sector & 1) != 0)
          disk.replace((first + sector) * kSectorBytes, kSectorBytes, padded, (first + sector) * kSectorBytes,
                       kSectorBytes);
      const History history = history_of({disk});
      const Sequences sequences = open_sequences(history);
      ASSERT_EQ(history.damage, std::vector<Damage>{}) << kept;
      ASSERT_GE(sequences.size(), 3U) << kept;
      for (std::size_t i = 0; i < sequences.size(); ++i) ASSERT_EQ(sequences[i], i + 1);
    }
  }
}

TEST(HistoryTest, ATornEndDoesNotHideWhatComesBehindIt) {
  // The end of the write is there and its beginning is not; then the journal goes on in another segment.
  Writer writer;
  writer.begin_segment();
  writer.add_record();
  writer.flush();
  const std::size_t before = writer.current().text.size();
  writer.add_record(700);
  writer.add_record();
  std::string torn = writer.current().text;
  torn.replace(before, 300, 300, '\0');
  writer.go_back(2, 1);
  writer.begin_segment();
  writer.add_record();
  writer.flush();
  const History history = history_of({torn, writer.current().text});
  EXPECT_EQ(open_sequences(history), (Sequences{1, 2}));
  EXPECT_EQ(history.damage, std::vector<Damage>{});
}

/// Any byte of what had been flushed is altered, and a later entry says that it had been.
TEST(HistoryTest, TellsADamagedDiskFromATornWrite) {
  Writer writer;
  writer.begin_segment();
  const std::size_t first = writer.current().text.size();
  writer.add_record();
  writer.add_record();
  writer.flush();
  const std::size_t flushed = writer.current().text.size();
  writer.add_record();
  for (std::size_t at = first; at < flushed; ++at) {
    std::string disk = writer.current().text;
    disk[at] = static_cast<char>(disk[at] ^ 0x20);
    const History history = history_of({disk});
    ASSERT_EQ(history.damage.size(), 1U) << at;
    ASSERT_EQ(history.damage[0].last, 2U);
    ASSERT_EQ(open_sequences(history).size() + 1, history.damage[0].first);
    ASSERT_EQ(history.sequence, 2U) << "the numbers that are lost are not given again";
  }
}

TEST(HistoryTest, MissesASegmentThatIsLost) {
  Writer writer;
  for (int i = 0; i < 3; ++i) {
    writer.begin_segment();
    writer.add_record();
    writer.flush();
  }
  const History history = history_of({writer.segments()[0].text, writer.segments()[2].text});
  EXPECT_EQ(open_sequences(history), (Sequences{1, 3}));
  EXPECT_EQ(history.damage, (std::vector<Damage>{{2, 2}}));
}

TEST(HistoryTest, DoesNotMissASegmentThatWasTakenOut) {
  Writer writer;
  for (int i = 0; i < 3; ++i) {
    writer.begin_segment();
    writer.add_record();
    writer.flush();
  }
  writer.add(Checkpoint{2});
  const History history = history_of({writer.segments()[0].text, writer.segments()[2].text});
  EXPECT_EQ(open_sequences(history), (Sequences{3}));
  EXPECT_EQ(history.damage, std::vector<Damage>{});
  EXPECT_EQ(history.damage_before_checkpoint, (std::vector<Damage>{{2, 2}}));
}

TEST(HistoryTest, IsNotMisledByAnEarlierUseOfTheFile) {
  Writer writer;
  writer.begin_segment();
  for (int i = 0; i < 5; ++i) writer.add_record();
  writer.flush();
  const std::string old = writer.segments()[0].text;
  writer.begin_segment();
  writer.add_record();
  writer.flush();
  for (std::size_t shift = 0; shift < 400; ++shift) {
    std::string reused = writer.segments()[1].text;
    if (old.size() > reused.size() + shift) reused += old.substr(reused.size() + shift);
    const History history = history_of({reused});
    ASSERT_EQ(open_sequences(history), (Sequences{6}));
    ASSERT_EQ(history.damage, std::vector<Damage>{});
  }
}

}  // namespace
}  // namespace bobbin::journal
