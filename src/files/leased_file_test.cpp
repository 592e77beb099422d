#include "files/leased_file.h"

#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/test_patience.h"
#include "executor/test_gate.h"
#include "files/file_handler.h"
#include "os/test_directory.h"
#include "os/test_lease.h"

namespace bobbin::files {
namespace {

using http::FieldName;
using http::Method;
using http::Response;
using http::Status;

constexpr std::string_view kLeasedText = "what the file holds";

/// Takes the answer that comes later. Thread: any.
class Client final : public http::ReplySink {
 public:
  void deliver(ConnectionId, ExchangeId, Response response) override {
    const Lock lock(mutex_);
    answer_ = std::move(response);
    changed_.notify_all();
  }
  void resume(ConnectionId, ExchangeId) override {}

  [[nodiscard]] bool has_answer() {
    const Lock lock(mutex_);
    return answer_.has_value();
  }
  /// Nothing when patience has ended.
  [[nodiscard]] std::optional<Response> wait_for_answer() {
    const Instant deadline = end_of_patience();
    const Lock lock(mutex_);
    while (!answer_ && monotonic_now() < deadline) changed_.wait_for(mutex_, milliseconds(100));
    return std::exchange(answer_, std::nullopt);
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  std::optional<Response> answer_ GUARDED_BY(mutex_);
};

/// The first piece of a source, or the bytes that are there.
std::string first_bytes_of(const Response& response) {
  if (const auto* text = std::get_if<std::string>(&response.content)) return *text;
  const auto* source = std::get_if<std::unique_ptr<http::ContentSource>>(&response.content);
  if (source == nullptr) return {};
  const auto piece = (*source)->pull();
  const auto* file = std::get_if<http::FilePiece>(&piece);
  if (file == nullptr) return "no piece of a file";
  std::string bytes(file->length, '\0');
  const auto count = os::read_at(file->descriptor, std::as_writable_bytes(std::span(bytes)), file->offset);
  return count && *count == bytes.size() ? bytes : "unreadable";
}

/// All that a client and the log are told. Lets go of the response, and so of the file.
std::string summary(Method method, Response response) {
  const std::string sent = method == Method::head ? "" : first_bytes_of(response);
  return std::to_string(static_cast<int>(response.status)) + "\n" + response.media_type + "\n" +
         response.fields + std::to_string(http::size_bytes(response.content).value_or(0)) + "\n" + sent +
         "\n" + std::to_string(static_cast<int>(response.log_fields.action)) + response.log_fields.subject;
}

class LeasedFileTest : public ::testing::Test {
 protected:
  LeasedFileTest() {
    place.write("file.html", kLeasedText);
    place.write("large.html", std::string(100'000, 'x'));
    place.make_folder("folder");
    place.write("folder/index.html", "index");
    types = std::make_unique<http::MediaTypes>();
    handler = *FileHandler::create(place.path(), "", *types, executor, {.allowed_types = {"html"}});
  }
  ~LeasedFileTest() override {
    executor.shut_down([] {});
    executor.join();
  }

  /// What the request is made of is overwritten before this returns.
  http::Begin ask(Method method, const std::string& path, FieldName name = FieldName::other,
                  const std::string& value = {}) {
    std::string received_path = path;
    std::string received_value = value;
    http::RequestHead head;
    head.method = method;
    head.target = received_path;
    EXPECT_TRUE(head.fields.add({.name = name, .name_text = "", .value = received_value}));
    const Endpoint local;
    http::Begin begun =
        handler->begin({.head = head, .local = local, .path = received_path, .exchange = {.sink = &client}});
    received_path.assign(received_path.size(), '#');
    received_value.assign(received_value.size(), '#');
    return begun;
  }
  Response answer_now(Method method, const std::string& path, FieldName name = FieldName::other,
                      const std::string& value = {}) {
    http::Begin begun = ask(method, path, name, value);
    EXPECT_TRUE(std::holds_alternative<Response>(begun));
    return std::get<Response>(std::move(begun));
  }
  /// What is answered once the holder of a lease on the file has given it up.
  std::optional<Response> answer_after_lease(Method method, const std::string& path, FieldName name,
                                             const std::string& value) {
    const os::TestLease lease(place.path(path.substr(1)));
    const http::Begin begun = ask(method, path, name, value);
    EXPECT_TRUE(std::holds_alternative<http::Pending>(begun));
    EXPECT_TRUE(lease.is_wanted());
    EXPECT_FALSE(client.has_answer());
    lease.give_up();
    return client.wait_for_answer();
  }
  /// The entity tag, once it is strong: so that every later answer has the same.
  std::string settled_tag(const std::string& path) {
    while (true) {
      const std::string fields = answer_now(Method::head, path).fields;
      const std::size_t start = fields.find("ETag: ") + 6;
      std::string tag = fields.substr(start, fields.find("\r\n", start) - start);
      if (!tag.starts_with("W/")) return tag;
      std::this_thread::yield();
    }
  }
  executor::Lane& lane(executor::Lane::Limits limits) {
    return executor.lane(os::status(handler->root().fd())->device, "lease", limits);
  }

  os::TestDirectory place;
  Client client;
  executor::Executor executor;
  std::unique_ptr<http::MediaTypes> types;
  std::unique_ptr<FileHandler> handler;
};

TEST_F(LeasedFileTest, IsAnsweredAsIfNobodyHadHeldIt) {
  const std::string tag = settled_tag("/file.html");
  static_cast<void>(settled_tag("/large.html"));
  const struct {
    Method method;
    const char* path;
    FieldName name;
    std::string value;
    Status want;
  } cases[] = {
      {Method::get, "/file.html", FieldName::other, "", Status::ok},
      {Method::head, "/file.html", FieldName::other, "", Status::ok},
      {Method::get, "/large.html", FieldName::other, "", Status::ok},
      {Method::get, "/file.html", FieldName::range, "bytes=5-7", Status::partial_content},
      {Method::get, "/large.html", FieldName::range, "bytes=1-99999", Status::partial_content},
      {Method::get, "/file.html", FieldName::range, "bytes=100-", Status::range_not_satisfiable},
      {Method::get, "/file.html", FieldName::if_none_match, tag, Status::not_modified},
      {Method::get, "/file.html", FieldName::if_match, "\"another\"", Status::precondition_failed},
  };
  for (const auto& [method, path, name, value, want] : cases) {
    SCOPED_TRACE(std::string(path) + " " + value);
    const std::string usual = summary(method, answer_now(method, path, name, value));
    auto response = answer_after_lease(method, path, name, value);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, want);
    EXPECT_EQ(summary(method, *std::move(response)), usual);
  }
}

TEST_F(LeasedFileTest, IsWhatItsHolderHasWrittenBack) {
  const std::string tag_before = settled_tag("/file.html");
  const os::TestLease lease(place.path("file.html"));
  const http::Begin begun = ask(Method::get, "/file.html", FieldName::if_none_match, tag_before);
  lease.write_back("WHAT");
  lease.give_up();
  const auto response = client.wait_for_answer();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, Status::ok) << "the tag is not that of the file before";
  EXPECT_EQ(first_bytes_of(*response), "WHAT the file holds");
}

TEST_F(LeasedFileTest, IsNotOpenedForWhatItsNameDecides) {
  place.write("file.txt", "not allowed here");
  const os::TestLease page(place.path("file.html"));
  const os::TestLease text(place.path("file.txt"));
  const os::TestLease index(place.path("folder/index.html"));
  EXPECT_EQ(answer_now(Method::options, "/file.html").status, Status::no_content);
  EXPECT_EQ(answer_now(Method::post, "/file.html").status, Status::method_not_allowed);
  EXPECT_EQ(answer_now(Method::get, "/file.txt").status, Status::unsupported_media_type);
  EXPECT_EQ(answer_now(Method::get, "/folder").status, Status::permanent_redirect);
}

// A lease lasts for 45 s at the most, unless the operator has changed that.
TEST_F(LeasedFileTest, IsWaitedForLongerThanTheKernelWaits) {
  const os::TestLease lease(place.path("file.html"));
  const http::Begin begun = ask(Method::get, "/file.html");
  const auto* pending = std::get_if<http::Pending>(&begun);
  ASSERT_NE(pending, nullptr);
  EXPECT_GT(pending->limit, seconds(45));
  EXPECT_EQ(pending->late.status, Status::service_unavailable);
  EXPECT_EQ(pending->late.fields, "Retry-After: 5\r\n");
  EXPECT_TRUE(pending->late.close);
  EXPECT_EQ(pending->late.log_fields.cause,
            "Cannot serve /file.html: another process has not given up its lease on the file");
}

TEST_F(LeasedFileTest, IsNotWaitedForByTooMany) {
  static_cast<void>(lane({.waiting = 0}));
  const os::TestLease lease(place.path("file.html"));
  const Response response = answer_now(Method::get, "/file.html");
  EXPECT_EQ(response.status, Status::service_unavailable);
  EXPECT_EQ(response.fields, "Retry-After: 5\r\n");
  EXPECT_FALSE(client.has_answer());
}

TEST_F(LeasedFileTest, IsForgottenWhenNobodyAwaitsItAnyMore) {
  executor::Gate gate;
  executor::Lane& one_at_a_time = lane({.parallel = 1, .waiting = 1});
  ASSERT_TRUE(one_at_a_time.run([&gate] { gate.pass(); }));
  ASSERT_TRUE(gate.wait_for(1));
  const os::TestLease lease(place.path("file.html"));
  {
    const http::Begin left = ask(Method::get, "/file.html");
    EXPECT_TRUE(std::holds_alternative<http::Pending>(left));
  }
  const http::Begin stays = ask(Method::get, "/file.html");
  EXPECT_TRUE(std::holds_alternative<http::Pending>(stays)) << "the one that left takes up no place";
  EXPECT_FALSE(client.has_answer());
  lease.give_up();
  gate.open();
  EXPECT_EQ(client.wait_for_answer()->status, Status::ok);
}

TEST_F(LeasedFileTest, MayOutliveItsSite) {
  const os::TestLease lease(place.path("file.html"));
  const http::Begin begun = ask(Method::get, "/file.html");
  handler = nullptr;
  types = nullptr;
  lease.give_up();
  const auto response = client.wait_for_answer();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->media_type, "text/html; charset=utf-8");
  EXPECT_EQ(first_bytes_of(*response), kLeasedText);
}

}  // namespace
}  // namespace bobbin::files
