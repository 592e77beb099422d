#include "store/document.h"

#include <atomic>
#include <cerrno>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <thread>

#include "base/test_patience.h"
#include "store/test_folder_store.h"

namespace bobbin::store {
namespace {

using Intake = Draft::Intake;
using Kind = Verdict::Kind;
using Step = TestFolder::Step;

constexpr std::size_t kPieceBytes = Document::kPieceBytes;

/// Text whose every place differs from its neighbours.
std::string text(std::size_t bytes) {
  std::string text(bytes, ' ');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

/// Plays the worker for one document at a time: after wait it gives no more until the draft is ready.
class DocumentTest : public FolderStoreTest {
 protected:
  std::optional<Draft> begin(std::uint64_t announced_bytes = 0) { return store_->begin(announced_bytes); }
  void count_when_ready(Draft& draft) {
    draft.when_ready([this] { ++ready_; });
  }
  /// False: refused, or never ready again.
  bool give(Draft& draft, std::string_view piece) {
    const std::size_t before = ready_;
    switch (draft.append(as_bytes(piece))) {
      case Intake::more: return true;
      case Intake::refused: return false;
      case Intake::wait: count_when_ready(draft); break;
    }
    const Instant deadline = end_of_patience();
    while (ready_ == before && monotonic_now() < deadline) std::this_thread::yield();
    return ready_ > before;
  }
  bool give_all(Draft& draft, std::string_view content, std::size_t piece_bytes) {
    for (; !content.empty(); content.remove_prefix(std::min(piece_bytes, content.size())))
      if (!give(draft, content.substr(0, piece_bytes))) return false;
    return true;
  }
  std::string content_of(const std::string& name) { return folder_->files()[name]; }
  /// Until the executor has done what it was given.
  bool is_empty_soon() {
    const Instant deadline = end_of_patience();
    const auto is_empty = [this] {
      return folder_->staged_files() == 0 && store_->memory().used_bytes() == 0 &&
             store_->disk().used_bytes() == 0;
    };
    while (!is_empty() && monotonic_now() < deadline) std::this_thread::yield();
    return is_empty();
  }

  /// Until so much of the disk is taken.
  bool takes_soon(std::uint64_t disk_bytes) {
    const Instant deadline = end_of_patience();
    while (store_->disk().used_bytes() != disk_bytes && monotonic_now() < deadline) std::this_thread::yield();
    return store_->disk().used_bytes() == disk_bytes;
  }

  std::atomic<std::size_t> ready_ = 0;
};

TEST_F(DocumentTest, KeepsEveryByteInOrder) {
  start();
  int number = 0;
  for (const std::size_t bytes :
       {0UL, 1UL, kPieceBytes - 1, kPieceBytes, kPieceBytes + 1, 7 * kPieceBytes + 3}) {
    for (const std::size_t piece_bytes : {1000UL, kPieceBytes / 2, kPieceBytes, 3 * kPieceBytes}) {
      for (const std::uint64_t announced : {std::uint64_t{0}, std::uint64_t{bytes}}) {
        SCOPED_TRACE(std::to_string(bytes) + " bytes by " + std::to_string(piece_bytes));
        const std::string content = text(bytes);
        auto draft = begin(announced);
        ASSERT_TRUE(give_all(*draft, content, piece_bytes));
        std::move(*draft).commit(outcomes_.expect(++number));
        const Verdict verdict = wait(number);
        ASSERT_EQ(verdict.kind, Kind::stored);
        EXPECT_EQ(content_of(verdict.name), content);
      }
    }
  }
  EXPECT_TRUE(is_empty_soon());
}

TEST_F(DocumentTest, ASmallOneDoesNotTouchTheFolderWhileItIsReceived) {
  start();
  auto draft = begin(kPieceBytes - 1);
  ASSERT_TRUE(give_all(*draft, text(kPieceBytes - 1), 1000));
  EXPECT_EQ(folder_->calls(Step::stage), 0U);
}

TEST_F(DocumentTest, ALargeOneIsWrittenByTheExecutorWhileItIsReceived) {
  start();
  folder_->hold(Step::append);
  auto draft = begin();
  EXPECT_EQ(draft->append(as_bytes(text(kPieceBytes))), Intake::more)
      << "the worker does not wait for the disk";
  ASSERT_TRUE(folder_->wait_until_held(Step::append, 1));
  EXPECT_EQ(draft->append(as_bytes(text(kPieceBytes - 1))), Intake::more);
  EXPECT_EQ(draft->append(as_bytes("x")), Intake::wait) << "two pieces are enough";
  count_when_ready(*draft);
  EXPECT_EQ(ready_, 0U);
  folder_->release(Step::append);
  std::move(*draft).commit(outcomes_.expect(1));
  const Verdict verdict = wait(1);
  ASSERT_EQ(verdict.kind, Kind::stored);
  EXPECT_EQ(content_of(verdict.name), text(kPieceBytes) + text(kPieceBytes - 1) + "x");
  EXPECT_EQ(ready_, 1U);
}

TEST_F(DocumentTest, ThePieceMayHaveBeenTakenBeforeAnybodyWaitsForIt) {
  start();
  folder_->hold(Step::append);
  auto draft = begin();
  ASSERT_EQ(draft->append(as_bytes(text(kPieceBytes))), Intake::more);
  ASSERT_TRUE(folder_->wait_until_held(Step::append, 1));
  ASSERT_EQ(draft->append(as_bytes(text(kPieceBytes))), Intake::wait);
  folder_->release(Step::append);
  ASSERT_TRUE(folder_->wait_until_done(Step::append, 2));
  count_when_ready(*draft);
  EXPECT_EQ(ready_, 1U);
}

TEST_F(DocumentTest, TheMemoryOfAPieceIsGivenBackOnceItIsWritten) {
  start({.memory_bytes = 3 * kPieceBytes});
  auto draft = begin();
  EXPECT_TRUE(give_all(*draft, text(20 * kPieceBytes), kPieceBytes));
}

TEST_F(DocumentTest, WhatIsAnnouncedTakesNoMoreMemoryThanAPiece) {
  start();
  auto draft = begin(1000 * kPieceBytes);
  ASSERT_TRUE(give(*draft, "["));
  EXPECT_LE(store_->memory().used_bytes(), kPieceBytes);
}

TEST_F(DocumentTest, WhatIsCompleteWhileAPieceIsWrittenIsCommittedAfterIt) {
  start({.committer = {.syncing_documents = 1}});
  folder_->hold(Step::append);
  auto draft = begin();
  ASSERT_TRUE(give(*draft, text(kPieceBytes)));
  ASSERT_TRUE(folder_->wait_until_held(Step::append, 1));
  ASSERT_TRUE(give(*draft, "end"));
  std::move(*draft).commit(outcomes_.expect(1));
  submit(2);
  EXPECT_TRUE(folder_->wait_until_done(Step::stage, 2)) << "the committer has not been given the first one";
  folder_->release(Step::append);
  EXPECT_EQ(kind(2), Kind::stored);
  const Verdict verdict = wait(1);
  ASSERT_EQ(verdict.kind, Kind::stored);
  EXPECT_EQ(content_of(verdict.name), text(kPieceBytes) + "end");
}

TEST_F(DocumentTest, AFailureIsToldAtTheEndAndNothingIsKept) {
  start();
  folder_->fail(Step::append, ENOSPC, 2);
  auto draft = begin();
  EXPECT_TRUE(give_all(*draft, text(9 * kPieceBytes), 10'000)) << "the content is read to its end";
  EXPECT_EQ(folder_->calls(Step::append), 2U) << "what follows a failure is dropped";
  EXPECT_EQ(folder_->staged_files(), 0U);
  EXPECT_EQ(store_->disk().used_bytes(), 0U);
  std::move(*draft).commit(outcomes_.expect(1));
  const Verdict verdict = wait(1);
  EXPECT_EQ(verdict.kind, Kind::failed);
  EXPECT_EQ(verdict.code, ENOSPC);
  EXPECT_EQ(folder_->calls(Step::stage), 1U) << "the folder is not tried again";
  EXPECT_TRUE(is_empty_soon());
}

TEST_F(DocumentTest, DroppedItLeavesNothing) {
  start();
  for (const std::size_t bytes : {1000UL, kPieceBytes, 5 * kPieceBytes}) {
    auto draft = begin();
    ASSERT_TRUE(give_all(*draft, text(bytes), 10'000));
    draft.reset();
    EXPECT_TRUE(is_empty_soon());
  }
  EXPECT_TRUE(folder_->files().empty());
}

TEST_F(DocumentTest, DroppedWhileItIsWrittenItLeavesNothing) {
  start();
  folder_->hold(Step::append);
  auto draft = begin();
  ASSERT_TRUE(give(*draft, text(kPieceBytes)));
  ASSERT_TRUE(folder_->wait_until_held(Step::append, 1));
  ASSERT_TRUE(give(*draft, "more"));
  draft.reset();
  folder_->release(Step::append);
  EXPECT_TRUE(is_empty_soon());
  EXPECT_EQ(folder_->calls(Step::append), 1U);
}

TEST_F(DocumentTest, AFileThatNobodyWantsAnyMoreIsClosedByTheExecutor) {
  start();
  folder_->hold(Step::append);
  // The one that abandons a document may still hold it, and must not be the one that closes its file.
  const auto document = std::make_shared<Document>(store_, 0);
  ASSERT_EQ(document->append(as_bytes(text(kPieceBytes))), Intake::more);
  ASSERT_TRUE(folder_->wait_until_held(Step::append, 1));
  document->abandon();
  folder_->release(Step::append);
  EXPECT_TRUE(is_empty_soon());
}

// To close an unfinished file may take as long as the file is large: its blocks are given back.
TEST_F(DocumentTest, TheWorkerDoesNotWaitWhileTheFileOfAFailedDocumentIsClosed) {
  start();
  folder_->hold(Step::close);
  folder_->fail(Step::append, EIO);
  auto draft = begin();
  ASSERT_TRUE(give(*draft, text(kPieceBytes)));
  ASSERT_TRUE(folder_->wait_until_held(Step::close, 1));
  std::atomic<bool> has_returned = false;
  std::thread worker([&] {
    static_cast<void>(draft->append(as_bytes("more")));
    has_returned = true;
  });
  const Instant deadline = end_of_patience();
  while (!has_returned && monotonic_now() < deadline) std::this_thread::yield();
  EXPECT_TRUE(has_returned);
  folder_->release(Step::close);
  worker.join();
  draft.reset();
  EXPECT_TRUE(is_empty_soon());
}

TEST_F(DocumentTest, WhoIsToldThatItIsStoredFindsTheBudgetsFreed) {
  std::uint64_t used_bytes = 1;
  outcomes_.on_outcome = [&](int, const Verdict&) {
    used_bytes = store_->memory().used_bytes() + store_->disk().used_bytes();
  };
  start();
  auto draft = begin();
  ASSERT_TRUE(give_all(*draft, text(3 * kPieceBytes), kPieceBytes));
  std::move(*draft).commit(outcomes_.expect(1));
  EXPECT_EQ(kind(1), Kind::stored);
  EXPECT_EQ(used_bytes, 0U);
}

// ---- what all documents may take together ----

TEST_F(DocumentTest, TheMemoryOfAllIsBounded) {
  start({.memory_bytes = 3 * kPieceBytes});
  std::vector<std::optional<Draft>> drafts;
  for (int i = 0; i < 3; ++i) {
    drafts.push_back(begin(kPieceBytes - 1));
    EXPECT_EQ(drafts.back()->append(as_bytes("[")), Intake::more);
  }
  auto refused = begin();
  EXPECT_EQ(refused->append(as_bytes(text(kPieceBytes / 2))), Intake::refused);
  EXPECT_LE(store_->memory().used_bytes(), 3 * kPieceBytes);
  drafts.pop_back();
  EXPECT_EQ(refused->append(as_bytes(text(kPieceBytes / 2))), Intake::more) << "there is room again";
  refused.reset();
  drafts.clear();
  EXPECT_TRUE(is_empty_soon());
}

TEST_F(DocumentTest, TheDiskThatUnfinishedDocumentsTakeIsBounded) {
  start({.disk_bytes = 3 * kPieceBytes});
  auto first = begin();
  ASSERT_TRUE(give_all(*first, text(2 * kPieceBytes), kPieceBytes));
  EXPECT_TRUE(takes_soon(2 * kPieceBytes));
  auto second = begin();
  EXPECT_FALSE(give_all(*second, text(20 * kPieceBytes), kPieceBytes)) << "refused while it is received";
  EXPECT_LE(store_->disk().used_bytes(), 3 * kPieceBytes);
  second.reset();
  std::move(*first).commit(outcomes_.expect(1));
  EXPECT_EQ(kind(1), Kind::stored) << "the one that was there first is not concerned";
  EXPECT_TRUE(is_empty_soon());
  EXPECT_EQ(upload(2).kind, Kind::stored);
}

TEST_F(DocumentTest, UnfinishedFilesDoNotKeepSmallDocumentsOut) {
  start({.disk_bytes = kPieceBytes});
  auto large = begin();
  ASSERT_TRUE(give(*large, text(kPieceBytes)));
  ASSERT_TRUE(folder_->wait_until_done(Step::append, 1));
  EXPECT_EQ(upload(1).kind, Kind::stored);
}

TEST_F(DocumentTest, WhenNoThreadCanWriteAnyMoreItIsRefused) {
  start({.writing_documents = 1, .waiting_documents = 1});
  folder_->hold(Step::append);
  std::vector<std::optional<Draft>> drafts;
  for (int i = 0; i < 2; ++i) {
    drafts.push_back(begin());
    EXPECT_EQ(drafts.back()->append(as_bytes(text(kPieceBytes))), Intake::more);
    ASSERT_TRUE(folder_->wait_until_held(Step::append, 1));
  }
  auto refused = begin();
  EXPECT_EQ(refused->append(as_bytes(text(kPieceBytes))), Intake::refused);
  folder_->release(Step::append);
  drafts.clear();
  EXPECT_TRUE(takes_soon(0));
  EXPECT_EQ(refused->append(as_bytes(text(kPieceBytes))), Intake::more) << "there is a thread again";
  std::move(*refused).commit(outcomes_.expect(1));
  const Verdict verdict = wait(1);
  ASSERT_EQ(verdict.kind, Kind::stored);
  EXPECT_TRUE(content_of(verdict.name) == text(kPieceBytes)) << "what was refused has not been taken";
  EXPECT_TRUE(is_empty_soon());
}

}  // namespace
}  // namespace bobbin::store
