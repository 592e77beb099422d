#include "uploads/document.h"

#include <cerrno>
#include <gtest/gtest.h>
#include <string>

#include "uploads/test_store.h"

namespace bobbin::uploads {
namespace {

using Step = TestStore::Step;

std::string text(std::size_t bytes) {
  std::string text(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i * i % 26);
  return text;
}

/// Appends `content` in pieces, publishes it, and returns what the store then holds.
std::string stored(TestStore& store, std::string_view content, std::size_t piece_bytes) {
  Document document(store);
  for (; !content.empty(); content.remove_prefix(std::min(piece_bytes, content.size())))
    document.append(as_bytes(content.substr(0, piece_bytes)));
  EXPECT_TRUE(document.write_out());
  EXPECT_TRUE(document.publish("name"));
  return store.files().at("name");
}

TEST(Document, KeepsEveryByteInOrder) {
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{1}, Document::kGatherBytes - 1, Document::kGatherBytes,
        Document::kGatherBytes + 1, 3 * Document::kGatherBytes + 7}) {
    for (const std::size_t piece_bytes : {std::size_t{1}, std::size_t{1460}, std::size_t{1} << 20}) {
      SCOPED_TRACE(std::to_string(bytes) + " in pieces of " + std::to_string(piece_bytes));
      TestStore store;
      EXPECT_EQ(stored(store, text(bytes), piece_bytes), text(bytes));
    }
  }
}

TEST(Document, ASmallOneDoesNotTouchTheStoreWhileItIsReceived) {
  TestStore store;
  Document document(store);
  for (std::size_t i = 0; i < Document::kGatherBytes - 1; ++i) document.append(as_bytes("x"));
  EXPECT_EQ(store.calls(Step::stage), 0U);
  document.append(as_bytes("x"));
  EXPECT_EQ(store.calls(Step::append), 1U);
}

TEST(Document, MemoryIsBoundedHoweverLargeItGrows) {
  TestStore store;
  Document document(store);
  for (int i = 0; i < 1000; ++i) document.append(as_bytes(text(16 * 1024)));
  EXPECT_LE(document.memory_bytes(), 4 * Document::kGatherBytes);
}

TEST(Document, ALargeOneThatWasAnnouncedIsWrittenPieceByPiece) {
  TestStore store;
  Document document(store, Document::kGatherBytes);
  document.append(as_bytes(text(Document::kDirectBytes)));
  EXPECT_EQ(store.calls(Step::append), 1U);
  EXPECT_LT(document.memory_bytes(), Document::kDirectBytes) << "without a copy";
  document.append(as_bytes("a"));  // small pieces are gathered, and what follows them stays behind them
  document.append(as_bytes(text(Document::kDirectBytes)));
  EXPECT_EQ(store.calls(Step::append), 1U);
  ASSERT_TRUE(document.write_out());
  EXPECT_EQ(store.calls(Step::append), 2U);
  document.append(as_bytes(text(Document::kDirectBytes)));
  ASSERT_TRUE(document.write_out());
  ASSERT_TRUE(document.publish("name"));
  const std::string piece = text(Document::kDirectBytes);
  EXPECT_EQ(store.files().at("name"), piece + "a" + piece + piece);
}

TEST(Document, AnAnnouncedOneThatIsSmallDoesNotTouchTheStoreEither) {
  TestStore store;
  Document document(store, Document::kGatherBytes - 1);
  document.append(as_bytes(text(Document::kGatherBytes - 1)));
  EXPECT_EQ(store.calls(Step::stage), 0U);
}

TEST(Document, AnAnnouncedOneRemembersItsFailureToo) {
  for (const Step step : {Step::stage, Step::append}) {
    TestStore store;
    store.fail(step, ENOSPC);
    Document document(store, 2 * Document::kGatherBytes);
    for (int i = 0; i < 2; ++i) document.append(as_bytes(text(Document::kGatherBytes)));
    EXPECT_EQ(store.calls(step), 1U) << "what follows a failure is dropped";
    EXPECT_EQ(store.staged_files(), 0U);
    const auto written = document.write_out();
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ENOSPC);
  }
}

TEST(Document, RemembersTheFirstFailureAndKeepsNothing) {
  TestStore store;
  store.fail(Step::append, ENOSPC, 2);
  Document document(store);
  for (int i = 0; i < 5; ++i) document.append(as_bytes(text(Document::kGatherBytes)));
  EXPECT_EQ(store.calls(Step::append), 2U) << "what follows a failure is dropped";
  EXPECT_EQ(store.staged_files(), 0U);
  EXPECT_EQ(document.memory_bytes(), std::string().capacity());
  for (int i = 0; i < 2; ++i) {
    const auto written = document.write_out();
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ENOSPC);
  }
}

TEST(Document, DiscardedOrDroppedItLeavesNothing) {
  TestStore store;
  {
    Document document(store);
    document.append(as_bytes(text(Document::kGatherBytes)));
    EXPECT_EQ(store.staged_files(), 1U);
  }
  EXPECT_EQ(store.staged_files(), 0U);
  Document document(store);
  document.append(as_bytes(text(Document::kGatherBytes)));
  document.discard();
  EXPECT_EQ(store.staged_files(), 0U);
  EXPECT_TRUE(store.files().empty());
}

}  // namespace
}  // namespace bobbin::uploads
