#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/test_patience.h"
#include "store/test_folder_store.h"

namespace bobbin::store {

inline DocumentKey key_of(std::string_view text,
                          DocumentKey::OtherContent other_content = DocumentKey::OtherContent::refused) {
  return {.digest = crypto::sha256(text), .other_content = other_content};
}

/// Of several pieces.
inline std::string large_document() { return "\"" + std::string(3 * Document::kPieceBytes, 'x') + "\""; }

/// Stores with a journal over one folder in memory, one after the other.
class JournalStoreTest : public ::testing::Test {
 protected:
  JournalStoreTest() { start(); }
  ~JournalStoreTest() override { end(); }

  struct Server {
    executor::Executor executor;
    observe::Registry registry;
    std::shared_ptr<FolderStore> store;
  };

  void start(Durability durability = Durability::journal) {
    server_ = std::make_unique<Server>();
    auto store = FolderStore::create(folder_, server_->executor,
                                     {log_.writer("Uploads"), log_.writer("Uploads")}, server_->registry,
                                     {.durability = durability,
                                      .inbox = inbox_,
                                      .piece_bytes = piece_bytes_,
                                      .after_sync_failure = after_sync_failure_,
                                      .proof_pauses = {}});
    ASSERT_TRUE(store) << store.error().message();
    server_->store = *store;
  }
  /// Ends without a last checkpoint, as a process that is killed.
  void end() {
    if (!server_) return;
    server_->executor.shut_down([] {});
    server_->executor.join();
    server_.reset();
  }
  void stop_cleanly() {
    server_->store->stop();
    end();
  }
  void restart() {
    end();
    start();
  }
  void restart_after_power_cut() {
    end();
    folder_->cut_power();
    start();
  }

  void submit(int number, const std::string& content) {
    Draft draft = server_->store->begin(content.size());
    for (std::string_view rest = content; !rest.empty();) {
      const std::string_view piece = rest.substr(0, 10'000);
      rest.remove_prefix(piece.size());
      if (draft.append(as_bytes(piece)) != Draft::Intake::wait) continue;
      Mutex mutex;
      ConditionVariable changed;
      bool is_ready = false;
      draft.when_ready([&] {
        const Lock lock(mutex);
        is_ready = true;
        changed.notify_all();
      });
      const Lock lock(mutex);
      while (!is_ready) changed.wait(mutex);
    }
    std::move(draft).commit({.request = request_, .key = key_}, outcomes_.expect(number));
  }
  struct KeyedDocument {
    std::string content;
    std::optional<DocumentKey> key = {};
  };
  void submit_bundle(int number, const std::vector<KeyedDocument>& documents) {
    Draft draft = server_->store->begin(0);
    Particulars particulars{.request = request_};
    std::string content;
    for (const KeyedDocument& each : documents) {
      particulars.bundle.push_back({.begin = content.size(), .size = each.content.size(), .key = each.key});
      content += each.content + "\n";
    }
    ASSERT_EQ(draft.append(as_bytes(content)), Draft::Intake::more);
    std::move(draft).commit(std::move(particulars), outcomes_.expect(number));
  }
  Verdict upload_bundle(int number, const std::vector<KeyedDocument>& documents) {
    submit_bundle(number, documents);
    return outcomes_.wait(number);
  }
  /// The name of a document that is stored.
  std::string upload(int number, const std::string& content) {
    submit(number, content);
    const Verdict verdict = outcomes_.wait(number);
    EXPECT_EQ(verdict.kind, Verdict::Kind::stored) << verdict.code;
    return verdict.name;
  }
  Verdict try_to_upload(int number, const std::string& content = "{}") {
    submit(number, content);
    return outcomes_.wait(number);
  }
  void wait_for_checkpoint() {
    server_->store->tick();
    const Instant deadline = end_of_patience();
    while (!server_->store->is_at_rest() && monotonic_now() < deadline) std::this_thread::yield();
    ASSERT_TRUE(server_->store->is_at_rest());
  }
  void wait_until_open() {
    const Instant deadline = end_of_patience();
    while (server_->store->state() != DocumentStore::State::open && monotonic_now() < deadline)
      std::this_thread::yield();
    ASSERT_EQ(server_->store->state(), DocumentStore::State::open);
  }
  /// What a consumer sees, without what is hidden.
  [[nodiscard]] TestFolder::Files files() const {
    TestFolder::Files files = folder_->files();
    std::erase_if(files, [](const auto& each) { return each.first.starts_with('.'); });
    return files;
  }

  Inbox inbox_;
  std::size_t piece_bytes_ = Document::kPieceBytes;
  AfterSyncFailure after_sync_failure_ = AfterSyncFailure::reopen;
  std::string request_;
  std::optional<DocumentKey> key_;
  std::shared_ptr<TestFolder> folder_ = std::make_shared<TestFolder>();
  observe::TestLog log_;
  TestOutcomes outcomes_;
  std::unique_ptr<Server> server_;
};

}  // namespace bobbin::store
