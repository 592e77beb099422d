#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>

#include "executor/executor.h"
#include "observe/test_log.h"
#include "store/folder_store.h"
#include "store/test_folder.h"
#include "store/test_outcomes.h"

namespace bobbin::store {

/// For tests: a store over a folder in memory, with an executor of its own.
class FolderStoreTest : public ::testing::Test {
 protected:
  ~FolderStoreTest() override { finish(); }

  FolderStore& start(const FolderStore::Limits& limits = {}) {
    store_ = *FolderStore::create(folder_, executor_, {log_.writer("Uploads"), log_.writer("Uploads")},
                                  registry_, limits);
    return *store_;
  }
  /// Stores what has been committed, and ends the threads.
  void finish() {
    executor_.shut_down([] {});
    executor_.join();
  }

  /// Submits a document under a number.
  void submit(int number, std::string_view content = "{}") {
    Draft draft = store_->begin(0);
    EXPECT_EQ(draft.append(as_bytes(content)), Draft::Intake::more);
    std::move(draft).commit(outcomes_.expect(number));
  }
  Verdict wait(int number) { return outcomes_.wait(number); }
  Verdict::Kind kind(int number) { return wait(number).kind; }
  Verdict upload(int number, std::string_view content = "{}") {
    submit(number, content);
    return wait(number);
  }

  std::shared_ptr<TestFolder> folder_ = std::make_shared<TestFolder>();
  observe::TestLog log_;
  observe::Registry registry_;
  TestOutcomes outcomes_;
  executor::Executor executor_;
  std::shared_ptr<FolderStore> store_;
};

}  // namespace bobbin::store
