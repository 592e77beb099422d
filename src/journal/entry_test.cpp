#include "journal/entry.h"

#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <string_view>

#include "base/base64.h"

namespace bobbin::journal {
namespace {

constexpr std::string_view kBody = "{\"a\": 17,\n \"body\":\",\\\"check\\\":\"}";

Entry record_entry() {
  return {.epoch = "e\"1",
          .previous = crypto::sha256("before"),
          .flushed = 41,
          .content = Record{.sequence = 42,
                            .id = "an-id",
                            .inbox = "upload",
                            .received = WallTime(std::chrono::microseconds(1'795'761'006'123'456)),
                            .name = "upload_1.json",
                            .size_bytes = kBody.size(),
                            .digest = crypto::sha256(kBody)}};
}

TEST(EntryTest, TheLargestRequestIsReadAgain) {
  const std::string request = "{\"x\":\"" + std::string(48UL * 1024, 'x') + "\"}";
  Record record{.sequence = 1, .id = "id", .inbox = "test", .name = "name", .request = request};
  record.size_bytes = 1;
  record.digest = crypto::sha256("1");
  std::string text;
  append_entry(text, {.epoch = "epoch", .content = record}, "1");
  ASSERT_TRUE(read_entry(text));
}

TEST(EntryTest, HasTheFormThatIsDocumented) {
  std::string text;
  const crypto::Digest digest = append_entry(text, record_entry(), kBody);
  const std::string receipt =
      "{\"bobbin\":1,\"epoch\":\"e\\\"1\",\"previous\":\"" + crypto::hex_of(crypto::sha256("before")) +
      "\",\"flushed\":41,\"sequence\":42,\"id\":\"an-id\",\"inbox\":\"upload\","
      "\"received\":\"2026-11-27T06:30:06.123456Z\",\"name\":\"upload_1.json\",\"size\":" +
      std::to_string(kBody.size()) + ",\"sha256\":\"" + crypto::hex_of(crypto::sha256(kBody)) + "\"";
  EXPECT_EQ(digest, crypto::sha256(receipt + "}"));
  EXPECT_EQ(text, "\x1E" + receipt + ",\"body\":" + std::string(kBody) + ",\"check\":\"" +
                      crypto::hex_of(digest).substr(0, 16) + "\"}\n");
}

TEST(EntryTest, OfABundleSaysWhatBelongsTogether) {
  Entry entry = record_entry();
  std::get<Record>(entry.content).bundle = Bundle{.first = 41, .documents = 3};
  std::string text;
  append_entry(text, entry, kBody);
  EXPECT_NE(text.find(",\"bundle\":41,\"bundled\":3"), std::string::npos) << text;
  const auto read = read_entry(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->entry, entry);
}

TEST(EntryTest, IsReadAsItWasWritten) {
  for (const auto& content :
       {decltype(Entry::content)(SegmentBegin{3, 42, "boot", 7}), decltype(Entry::content)(Withdrawal{7}),
        decltype(Entry::content)(Published{8}), decltype(Entry::content)(Checkpoint{9}),
        decltype(Entry::content)(Doubt{9}), record_entry().content}) {
    Entry entry = record_entry();
    entry.content = content;
    const bool has_body = std::holds_alternative<Record>(content);
    std::string text;
    const crypto::Digest digest = append_entry(text, entry, has_body ? kBody : "");
    const std::string bytes = text + "what follows";
    const auto read = read_entry(bytes);
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->entry, entry);
    EXPECT_EQ(read->receipt, digest);
    EXPECT_EQ(read->size, text.size());
    EXPECT_EQ(read->body, has_body ? kBody : "");
    EXPECT_EQ(crypto::sha256(std::string(read->head) + "}"), digest);
  }
}

/// A record whose document need be no JSON.
Entry binary_entry(std::string_view document) {
  Entry entry = record_entry();
  auto& record = std::get<Record>(entry.content);
  record.is_binary = true;
  record.size_bytes = document.size();
  record.digest = crypto::sha256(document);
  return entry;
}

TEST(EntryTest, WhatNeedBeNoJsonStandsInBase64) {
  std::string text;
  append_entry(text, binary_entry("\"any\x1E\n"), "\"any\x1E\n");
  EXPECT_NE(text.find(",\"body64\":\"ImFueR4K\",\"check\":\""), std::string::npos) << text;
  EXPECT_EQ(text.find(",\"body\":"), std::string::npos);
}

TEST(EntryTest, WhatNeedBeNoJsonIsReadAsItWasWritten) {
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  for (const std::string& document :
       {std::string(), std::string("a"), std::string("ab"), std::string("abc"), every_byte}) {
    const Entry entry = binary_entry(document);
    std::string text;
    append_entry(text, entry, document);
    const auto read = read_entry(text + "what follows");
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->entry, entry);
    EXPECT_EQ(read->size, text.size());
    EXPECT_EQ(read->body.size(), base64_size(document.size()) + 2);
  }
}

TEST(EntryTest, DamageOfWhatStandsInBase64IsFound) {
  const std::string document("some bytes\0 and more", 20);
  std::string text;
  append_entry(text, binary_entry(document), document);
  const std::size_t begin = text.find("\"body64\":") + 9;
  const std::size_t end = text.find(",\"check\"");
  for (std::size_t at = begin; at < end; ++at) {
    std::string damaged = text;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_FALSE(read_entry(damaged)) << at;
  }
  std::string without = text;
  without.replace(text.find("body64"), 6, "body");
  EXPECT_FALSE(read_entry(without));
}

TEST(EntryTest, HasATimeThatThereIs) {
  std::string text;
  append_entry(text, record_entry(), kBody);
  const std::size_t at = text.find("2026-11-27T");
  const std::string receipt_end = ",\"body\":";
  for (const char* date : {"9999-12-31T", "0000-01-01T", "2026-02-30T", "2026/11/27T", "2026-11-27 "}) {
    std::string other = text;
    other.replace(at, 11, date);
    // With a check that is right.
    const std::string receipt = other.substr(1, other.find(receipt_end) - 1);
    const std::size_t check = other.find(",\"check\":\"", other.find(receipt_end) + kBody.size()) + 10;
    other.replace(check, 16, crypto::hex_of(crypto::sha256(receipt + "}")).substr(0, 16));
    EXPECT_FALSE(read_entry(other)) << date;
    other = text;
    EXPECT_TRUE(read_entry(other));
  }
}

TEST(EntryTest, OfALargeDocumentHasNoBody) {
  Entry entry = record_entry();
  std::get<Record>(entry.content).has_body = false;
  std::string text;
  append_entry(text, entry);
  const auto read = read_entry(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->entry, entry);
}

TEST(EntryTest, ThatIsNotWholeIsNone) {
  std::string text;
  append_entry(text, record_entry(), kBody);
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(read_entry(text.substr(0, size))) << size;
  EXPECT_FALSE(read_entry(" " + text));
}

TEST(EntryTest, ThatWasAlteredIsNone) {
  std::string text;
  append_entry(text, record_entry(), kBody);
  for (std::size_t at = 0; at < text.size(); ++at)
    for (const int flip : {0x01, 0x20, 0x80}) {
      std::string altered = text;
      altered[at] = static_cast<char>(altered[at] ^ flip);
      ASSERT_FALSE(read_entry(altered)) << at << " " << altered;
    }
}

TEST(EntryTest, WithoutWhatItsKindNeedsIsNone) {
  // Each is intact: its check is right.
  const auto intact = [](const std::string& members) {
    const std::string receipt = "{\"bobbin\":1," + members;
    return "\x1E" + receipt + ",\"check\":\"" + crypto::hex_of(crypto::sha256(receipt + "}")).substr(0, 16) +
           "\"}\n";
  };
  const std::string common = "\"epoch\":\"e\",\"previous\":\"" + std::string(64, '0') + "\",\"flushed\":0";
  EXPECT_TRUE(read_entry(intact(common + ",\"kind\":\"checkpoint\",\"through\":1")));
  EXPECT_TRUE(read_entry(intact(common + ",\"kind\":\"checkpoint\",\"through\":1,\"new\":[1]")))
      << "what a later version adds is passed over";
  for (const std::string& members :
       {common, common + ",\"kind\":\"checkpoint\"", common + ",\"kind\":\"other\",\"through\":1",
        common + ",\"kind\":\"segment\",\"segment\":1,\"first\":1", common + ",\"sequence\":1",
        std::string("\"kind\":\"checkpoint\",\"through\":1"), std::string("\"kind\":")})
    EXPECT_FALSE(read_entry(intact(members))) << members;
}

TEST(EntryTest, TheBeginningOfARecordSaysWhichOneItIs) {
  Entry entry = record_entry();
  entry.epoch = "epoch";
  std::string text;
  append_entry(text, entry, kBody);
  const std::string_view beginning = std::string_view(text).substr(1, kRecordPositionBytes);
  EXPECT_EQ(position_of_record(beginning), (RecordPosition{.epoch = "epoch", .sequence = 42}));
  const std::size_t end = beginning.find(",\"id\"");
  EXPECT_TRUE(position_of_record(beginning.substr(0, end + 1)));
  for (std::size_t size = 0; size <= end; ++size)
    EXPECT_FALSE(position_of_record(beginning.substr(0, size))) << size;
}

TEST(EntryTest, TheLongestBeginningIsShortEnough) {
  constexpr std::uint64_t kHighest = std::numeric_limits<std::uint64_t>::max();
  Entry entry = record_entry();
  entry.epoch = std::string(26, 'e');
  entry.flushed = kHighest;
  std::get<Record>(entry.content).sequence = kHighest;
  std::string text;
  append_entry(text, entry, kBody);
  const auto position = position_of_record(std::string_view(text).substr(1, kRecordPositionBytes));
  ASSERT_TRUE(position);
  EXPECT_EQ(position->sequence, kHighest);
}

TEST(EntryTest, OtherEntriesAreNoRecords) {
  for (const auto& content :
       {decltype(Entry::content)(SegmentBegin{3, 42, "boot", 7}), decltype(Entry::content)(Withdrawal{7}),
        decltype(Entry::content)(Checkpoint{9})}) {
    Entry entry = record_entry();
    entry.epoch = "epoch";
    entry.content = content;
    std::string text;
    append_entry(text, entry);
    EXPECT_FALSE(position_of_record(std::string_view(text).substr(1))) << text;
  }
  for (const std::string_view text : {"", "{}", "[1]", "{\"bobbin\":2,\"epoch\":\"e\""})
    EXPECT_FALSE(position_of_record(text)) << text;
}

}  // namespace
}  // namespace bobbin::journal
