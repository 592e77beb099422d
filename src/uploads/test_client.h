#pragma once

#include <algorithm>
#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "executor/executor.h"
#include "observe/test_log.h"
#include "store/directory_folder.h"
#include "store/folder_store.h"
#include "uploads/test_mailbox.h"

namespace bobbin::uploads {

inline constexpr http::ContentFraming kChunked{http::ContentFraming::Kind::chunked, 0};
constexpr http::ContentFraming length(std::uint64_t bytes) {
  return {http::ContentFraming::Kind::length, bytes};
}

/// The folder of an inbox, which is made.
inline std::shared_ptr<store::DirectoryFolder> inbox_folder(const std::string& path) {
  std::shared_ptr<store::DirectoryFolder> folder = *store::DirectoryFolder::open(path);
  EXPECT_TRUE(folder->make_inbox_folders());
  return folder;
}

/// A POST that may be answered 201.
inline http::RequestHead post(std::string_view content_type = "application/json",
                              http::ContentFraming framing = kChunked) {
  http::RequestHead head;
  head.method = http::Method::post;
  head.framing = framing;
  if (content_type.empty()) return head;
  EXPECT_TRUE(head.fields.add({http::FieldName::content_type, "Content-Type", content_type}));
  return head;
}
/// Plays the session's part for one handler. Thread: any.
class Client {
 public:
  explicit Client(const http::Handler& handler) : handler_(handler) {}

  http::Begin begin(const http::RequestHead& head) {
    return handler_.begin({.head = head,
                           .local = endpoint_,
                           .path = "/upload",
                           .exchange = {.sink = &mailbox_, .connection = {}, .exchange = ExchangeId{1}}});
  }
  /// The response that the head alone earns; status 100 when the content is wanted.
  http::Response refusal(const http::RequestHead& head) {
    http::Begin begun = begin(head);
    if (auto* response = std::get_if<http::Response>(&begun)) return std::move(*response);
    return {.status = http::Status::continue_};
  }
  /// Sends content in pieces and waits for the answer.
  http::Response upload(std::string_view content, std::size_t piece_bytes = 1460) {
    return upload(post(), content, piece_bytes);
  }
  http::Response upload(const http::RequestHead& head, std::string_view content,
                        std::size_t piece_bytes = 1460) {
    http::Begin begun = begin(head);
    if (auto* response = std::get_if<http::Response>(&begun)) return std::move(*response);
    auto& exchange = *std::get<std::unique_ptr<http::Exchange>>(begun);
    for (; !content.empty(); content.remove_prefix(std::min(piece_bytes, content.size()))) {
      http::Intake intake = exchange.content(as_bytes(content.substr(0, piece_bytes)));
      while (std::holds_alternative<http::Wait>(intake)) {
        EXPECT_TRUE(mailbox_.wait_until_resumed());
        ++waits_;
        intake = exchange.resumed();
      }
      if (auto* refused = std::get_if<http::Response>(&intake)) return std::move(*refused);
    }
    http::Reply reply = exchange.complete(mailbox_.reply(ExchangeId{1}));
    if (auto* response = std::get_if<http::Response>(&reply)) return std::move(*response);
    return mailbox_.wait(ExchangeId{1});
  }
  /// How often it was told to wait.
  [[nodiscard]] int waits() const { return waits_; }
  /// Answers that came twice.
  std::size_t surplus_answers() { return mailbox_.size(); }

 private:
  const http::Handler& handler_;
  const Endpoint endpoint_;
  Mailbox mailbox_;
  int waits_ = 0;
};

/// A store over a folder, and the threads that it needs.
class Store {
 public:
  explicit Store(std::shared_ptr<store::Folder> folder, const store::FolderStore::Limits& limits = {})
      : store_(*store::FolderStore::create(std::move(folder), executor_,
                                           {log_.writer("Uploads"), log_.writer("Uploads")}, registry_,
                                           limits)) {}
  ~Store() { finish(); }

  [[nodiscard]] std::shared_ptr<store::FolderStore> get() const { return store_; }
  /// Ends once everything has been stored or removed.
  void finish() {
    executor_.shut_down([] {});
    executor_.join();
  }
  std::vector<std::string> lines(observe::LogLevel level) { return log_.lines(level); }

 private:
  observe::TestLog log_;
  observe::Registry registry_;
  executor::Executor executor_;
  std::shared_ptr<store::FolderStore> store_;
};

}  // namespace bobbin::uploads
