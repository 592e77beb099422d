#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "executor/executor.h"
#include "observe/log.h"
#include "observe/registry.h"
#include "store/folder_store.h"

namespace bobbin::inbox {

/// The store that a server would have, with a journal, in a process that serves nothing. Its folder has been
/// recovered. The threads end with this object, after everything that was committed. Thread: one at a time.
class OpenStore {
 public:
  /// The folder is made when it is missing. The error is a message.
  [[nodiscard]] static Result<std::unique_ptr<OpenStore>, std::string> create(const std::string& folder);
  ~OpenStore();
  OpenStore(const OpenStore&) = delete;
  OpenStore& operator=(const OpenStore&) = delete;

  [[nodiscard]] store::FolderStore& store() { return *store_; }

 private:
  /// Keeps warnings and errors. Thread: any.
  class Messages final : public observe::LogWriter {
   public:
    [[nodiscard]] bool wants(observe::LogLevel level) const override {
      return level <= observe::LogLevel::warning;
    }
    void write(observe::Event event, std::string_view message) override EXCLUDES(mutex_);
    void write_exchange(observe::AccessFormat, const observe::ExchangeRecord&) override {}
    void write_block(std::string_view) override {}
    [[nodiscard]] std::string_view name() const override { return ""; }
    [[nodiscard]] std::string text() EXCLUDES(mutex_);

   private:
    Mutex mutex_;
    std::string text_ GUARDED_BY(mutex_);
  };

  OpenStore() = default;

  Messages messages_;
  observe::Registry registry_;
  executor::Executor executor_;
  std::shared_ptr<store::FolderStore> store_;
};

}  // namespace bobbin::inbox
