#include "uploads/upload_handler.h"

#include <algorithm>
#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "executor/executor.h"
#include "observe/test_log.h"
#include "os/test_directory.h"
#include "store/directory_folder.h"
#include "store/folder_store.h"
#include "store/test_folder.h"
#include "uploads/test_client.h"

namespace bobbin::uploads {
namespace {

using http::ContentFraming;
using http::FieldName;
using http::Method;
using http::RequestHead;
using http::Response;
using http::Status;
using Step = store::TestFolder::Step;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

RequestHead coded(std::initializer_list<std::string_view> codings) {
  RequestHead head = post();
  for (const std::string_view coding : codings)
    EXPECT_TRUE(head.fields.add({FieldName::content_encoding, "Content-Encoding", coding}));
  return head;
}
RequestHead with_method(Method method) {
  RequestHead head = post();
  head.method = method;
  return head;
}

class UploadHandlerTest : public ::testing::Test {
 protected:
  os::TestDirectory directory_;
  Store store_{*store::DirectoryFolder::open(directory_.path())};
  UploadHandler handler_{{.max_upload_bytes = 300'000}, store_.get()};
  Client client_{handler_};
};

TEST_F(UploadHandlerTest, StoresADocumentAndSaysWhere) {
  const std::string content = R"({"name": "bobbin", "list": [1, 2.5e3, null]})";
  const Response response = client_.upload(content);
  EXPECT_EQ(response.status, Status::created);
  EXPECT_EQ(response.media_type, "application/json");
  EXPECT_FALSE(response.close);

  ASSERT_THAT(directory_.names(), SizeIs(1));
  const std::string name = *directory_.names().begin();
  EXPECT_THAT(name, MatchesRegex("upload_[0-9]{8}_[0-9]{6}_[a-z2-7]{26}\\.json"));
  EXPECT_EQ(directory_.read(name), content);

  EXPECT_EQ(std::get<std::string>(response.content),
            R"({"status": "success", "message": "File created successfully", "filepath": "/uploads/)" + name +
                "\"}");
  EXPECT_EQ(response.fields, "Location: /uploads/" + name + "\r\n");  // RFC 9110 §15.3.2
  EXPECT_EQ(response.log_fields.action, http::HandlerLogFields::Action::created_file);
  EXPECT_EQ(response.log_fields.subject, name);
}

TEST_F(UploadHandlerTest, StoresTheBytesReceived) {
  const std::string white = " \t\r\n";
  const std::string contents[] = {"0",
                                  "null",
                                  "\"\"",
                                  white + "[ ]" + white,
                                  "{\"a\":1,\"a\":2}",
                                  "\"\xC3\xA9 \xF0\x9F\x98\x80\"",
                                  "[" + std::string(200'000, ' ') + "]",
                                  "\"" + std::string(store::Document::kPieceBytes - 2, 'x') + "\""};
  for (const std::string& content : contents) {
    for (const std::size_t piece_bytes : {std::size_t{1}, std::size_t{1460}, std::size_t{1} << 20}) {
      SCOPED_TRACE(content.substr(0, 20) + " in pieces of " + std::to_string(piece_bytes));
      const Response response = client_.upload(content, piece_bytes);
      ASSERT_EQ(response.status, Status::created) << response.detail;
      EXPECT_TRUE(directory_.read(response.log_fields.subject) == content);
    }
  }
}

TEST_F(UploadHandlerTest, TellsOptions) {
  const Response response = client_.refusal(with_method(Method::options));
  EXPECT_EQ(response.status, Status::no_content);
  EXPECT_EQ(response.fields, "Allow: POST, OPTIONS\r\n");
}

TEST_F(UploadHandlerTest, RefusesByTheHead) {
  RequestHead two_types = post("application/json");
  ASSERT_TRUE(two_types.fields.add({FieldName::content_type, "Content-Type", "application/json"}));
  const char* const allow = "Allow: POST, OPTIONS\r\n";                 // RFC 9110 §15.5.6
  const char* const accept_post = "Accept-Post: application/json\r\n";  // CONTRACT §3
  const char* const accept_coding = "Accept-Encoding: identity\r\n";    // RFC 9110 §15.5.16
  struct Case {
    const char* what;
    RequestHead head;
    Status status;
    const char* fields;
    bool close;  // CONTRACT §4; for the others the session decides: kept when the content has been read
  };
  const Case cases[] = {
      {"GET", with_method(Method::get), Status::method_not_allowed, allow, false},
      {"HEAD", with_method(Method::head), Status::method_not_allowed, allow, false},
      {"PUT", with_method(Method::put), Status::method_not_allowed, allow, false},
      {"DELETE", with_method(Method::delete_), Status::method_not_allowed, allow, false},
      {"no type", post(""), Status::unsupported_media_type, accept_post, false},
      {"text", post("text/plain"), Status::unsupported_media_type, accept_post, false},
      {"a type that begins alike", post("application/json5"), Status::unsupported_media_type, accept_post,
       false},
      {"two types", two_types, Status::unsupported_media_type, accept_post, false},
      {"gzip", coded({"gzip"}), Status::unsupported_media_type, accept_coding, false},
      {"a list", coded({"identity, br"}), Status::unsupported_media_type, accept_coding, false},
      {"two lines", coded({"identity", "gzip"}), Status::unsupported_media_type, accept_coding, false},
      {"no framing", post("application/json", {}), Status::length_required, "", false},
      {"too long", post("application/json", length(300'001)), Status::content_too_large, "", true},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.what);
    const Response response = client_.refusal(c.head);
    EXPECT_EQ(response.status, c.status);
    EXPECT_EQ(response.fields, c.fields);
    EXPECT_EQ(response.close, c.close);
    EXPECT_FALSE(response.detail.empty());
    EXPECT_EQ(http::size_bytes(response.content), 0U) << "the router writes the page";
    EXPECT_EQ(handler_.error_form(c.head), http::ErrorForm::problem);
  }
}

TEST_F(UploadHandlerTest, AcceptsByTheHead) {
  const RequestHead heads[] = {post("application/json", length(300'000)),
                               post("application/json", length(0)),
                               post("Application/JSON; charset=utf-8"),
                               post("application/json;charset=\"utf-8\";x=y"),
                               coded({"identity"}),
                               coded({"Identity", ""})};
  for (const RequestHead& head : heads) EXPECT_EQ(client_.refusal(head).status, Status::continue_);
}

TEST_F(UploadHandlerTest, SaysWhereContentIsNotJson) {
  struct Case {
    const char* content;
    const char* where;
  };
  const Case cases[] = {{"", "line 1, column 1 (byte 0)."},
                        {"{invalid", "line 1, column 2 (byte 1)."},
                        {"[1,\n 2,\n x]", "line 3, column 2 (byte 9)."},
                        {"[1] [2]", "line 1, column 5 (byte 4)."}};
  for (const auto& [content, where] : cases) {
    for (const std::size_t piece_bytes : {std::size_t{1}, std::size_t{1460}}) {
      SCOPED_TRACE(content);
      const Response response = client_.upload(content, piece_bytes);
      EXPECT_EQ(response.status, Status::bad_request);
      EXPECT_THAT(response.detail, HasSubstr("The content is not valid JSON: "));
      EXPECT_THAT(response.detail, HasSubstr(where));
      EXPECT_FALSE(response.close) << "CONTRACT §4: closed, except invalid JSON";
    }
  }
  EXPECT_EQ(client_.surplus_answers(), 0U);
  EXPECT_THAT(directory_.names(), IsEmpty());
}

TEST_F(UploadHandlerTest, ReadsOnAfterAFaultAndKeepsNothing) {
  const Response response = client_.upload("[1 2" + std::string(250'000, ' ') + "]");
  EXPECT_EQ(response.status, Status::bad_request);
  EXPECT_THAT(response.detail, HasSubstr("(byte 3)"));
  EXPECT_FALSE(response.close);
  EXPECT_THAT(directory_.names(), IsEmpty());
}

TEST_F(UploadHandlerTest, RefusesTooMuchContentWhileItArrives) {
  EXPECT_EQ(client_.upload("[" + std::string(300'000 - 2, ' ') + "]").status, Status::created);
  EXPECT_EQ(client_.upload("[" + std::string(300'000 - 1, ' ') + "]").status, Status::content_too_large);
  const Response faulty = client_.upload("x" + std::string(300'000, ' '));
  EXPECT_EQ(faulty.status, Status::content_too_large)
      << "the limit also bounds what is only read to be dropped";
  EXPECT_TRUE(faulty.close);
  EXPECT_THAT(directory_.names(), SizeIs(1));
}

TEST_F(UploadHandlerTest, AnUploadThatBreaksOffLeavesNothing) {
  http::Begin begun = client_.begin(post());
  auto& exchange = std::get<std::unique_ptr<http::Exchange>>(begun);
  EXPECT_TRUE(
      std::holds_alternative<http::Accepted>(exchange->content(as_bytes("[" + std::string(200'000, ' ')))));
  exchange.reset();
  store_.finish();
  EXPECT_THAT(directory_.names(), IsEmpty());
}

// CONTRACT §7 row 10: parallel uploads make distinct files.
TEST_F(UploadHandlerTest, ParallelUploadsMakeDistinctFiles) {
  constexpr int kThreads = 8;
  constexpr int kEach = 10;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      Client client(handler_);
      for (int i = 0; i < kEach; ++i)
        EXPECT_EQ(client.upload("[" + std::to_string(t) + "," + std::to_string(i) + "]").status,
                  Status::created);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> contents;
  for (const std::string& name : directory_.names()) contents.insert(directory_.read(name));
  EXPECT_THAT(directory_.names(), SizeIs(kThreads * kEach));
  EXPECT_THAT(contents, SizeIs(kThreads * kEach));
}

class UploadHandlerOnTestFolder : public ::testing::Test {
 protected:
  void start(store::FolderStore::Limits limits = {}) {
    store_ = std::make_unique<Store>(folder_, limits);
    handler_ = std::make_unique<UploadHandler>(UploadSettings{.url_path = "/documents"}, store_->get());
    client_ = std::make_unique<Client>(*handler_);
  }

  std::shared_ptr<store::TestFolder> folder_ = std::make_shared<store::TestFolder>();
  std::unique_ptr<Store> store_;
  std::unique_ptr<UploadHandler> handler_;
  std::unique_ptr<Client> client_;
};

TEST_F(UploadHandlerOnTestFolder, UsesTheConfiguredPath) {
  start();
  const Response response = client_->upload("[]");
  EXPECT_EQ(response.fields, "Location: /documents/" + response.log_fields.subject + "\r\n");
  EXPECT_THAT(std::get<std::string>(response.content),
              HasSubstr("\"filepath\": \"/documents/" + response.log_fields.subject + "\"}"));
}

// CONTRACT §3 and §7 row 18: no space → 507, any other failure 500 or 503, never 201; later uploads work.
TEST_F(UploadHandlerOnTestFolder, SaysWhatKindOfFailureItWas) {
  struct Case {
    int code;
    Status status;
  };
  const Case cases[] = {{ENOSPC, Status::insufficient_storage}, {EDQUOT, Status::insufficient_storage},
                        {EMFILE, Status::service_unavailable},  {ENFILE, Status::service_unavailable},
                        {ENOMEM, Status::service_unavailable},  {EIO, Status::internal_server_error},
                        {EROFS, Status::internal_server_error}, {EACCES, Status::internal_server_error}};
  start();
  for (const auto& [code, status] : cases) {
    SCOPED_TRACE("errno " + std::to_string(code));
    folder_->fail(Step::stage, code, folder_->calls(Step::stage) + 1);
    const Response response = client_->upload("[]");
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.fields, status == Status::service_unavailable ? "Retry-After: 5\r\n" : "");
    EXPECT_EQ(response.close, status != Status::insufficient_storage);  // CONTRACT §4
  }
  EXPECT_EQ(client_->upload("[]").status, Status::created);
}

TEST_F(UploadHandlerOnTestFolder, AFolderOfAnotherServerIsA503UntilItHasEnded) {
  folder_->set_ownership(store::Ownership::another_process);
  start();
  const Response refused = client_->refusal(post());
  EXPECT_EQ(refused.status, Status::service_unavailable);
  EXPECT_EQ(refused.fields, "Retry-After: 5\r\n");
  EXPECT_THAT(refused.detail, HasSubstr("Another server")) << "no restart is needed";
  EXPECT_EQ(client_->refusal(with_method(Method::options)).status, Status::no_content);
}

// The bound holds for all clients together: a client that comes when it is reached is told to come again.
TEST_F(UploadHandlerOnTestFolder, TooMuchAtOnceIsRefusedWhileItArrives) {
  start({.memory_bytes = 100'000});
  http::Begin begun = client_->begin(post());
  auto& slow = *std::get<std::unique_ptr<http::Exchange>>(begun);
  EXPECT_TRUE(std::holds_alternative<http::Accepted>(slow.content(as_bytes("[" + std::string(60'000, ' ')))));
  const Response refused = client_->upload("[" + std::string(60'000, ' ') + "]");
  EXPECT_EQ(refused.status, Status::service_unavailable);
  EXPECT_EQ(refused.fields, "Retry-After: 5\r\n");
  EXPECT_TRUE(refused.close);
  EXPECT_EQ(client_->upload("[]").status, Status::created) << "there is room for a small one";
}

// CONTRACT §4: 507 keeps the connection, so it waits for the end of the content.
TEST_F(UploadHandlerOnTestFolder, WhatIsNotJsonTakesNothingWhileItsRestIsRead) {
  start();
  http::Begin begun = client_->begin(post());
  auto& exchange = *std::get<std::unique_ptr<http::Exchange>>(begun);
  static_cast<void>(exchange.content(as_bytes("[1 ")));
  EXPECT_GT(store_->get()->memory().used_bytes(), 0U);
  static_cast<void>(exchange.content(as_bytes("2" + std::string(50'000, ' '))));
  EXPECT_EQ(store_->get()->memory().used_bytes(), 0U);
}

TEST_F(UploadHandlerOnTestFolder, AFullDiskIsAnsweredOnceTheContentHasBeenRead) {
  start();
  folder_->fail(Step::append, ENOSPC);
  const Response response = client_->upload("[" + std::string(200'000, ' ') + "]");
  EXPECT_EQ(response.status, Status::insufficient_storage);
  EXPECT_FALSE(response.close);
  EXPECT_THAT(store_->lines(observe::LogLevel::warning),
              ElementsAre("Upload not stored: test: No space left on device"));
  EXPECT_EQ(folder_->staged_files(), 0U);
  EXPECT_EQ(client_->upload("[]").status, Status::created);
}

TEST_F(UploadHandlerOnTestFolder, InvalidJsonOnAFullDiskIsStillTheClientsFault) {
  start();
  folder_->fail(Step::append, ENOSPC);
  EXPECT_EQ(client_->upload("[" + std::string(200'000, ' ')).status, Status::bad_request);
}

TEST_F(UploadHandlerOnTestFolder, AfterAFailedSyncTheHeadAloneIsRefused) {
  start();
  folder_->fail(Step::sync, EIO);
  EXPECT_EQ(client_->upload("[]").status, Status::internal_server_error);
  const Response later = client_->refusal(post("text/plain"));
  EXPECT_EQ(later.status, Status::service_unavailable) << "before the type: nothing would help";
  EXPECT_EQ(later.fields, "Retry-After: 5\r\n");
  EXPECT_EQ(client_->refusal(with_method(Method::get)).status, Status::method_not_allowed);
  EXPECT_EQ(client_->refusal(with_method(Method::options)).status, Status::no_content);
}

TEST_F(UploadHandlerOnTestFolder, AnUploadUnderWayWhenASyncFailsIsRefusedAtItsEnd) {
  start();
  http::Begin begun = client_->begin(post());
  auto& exchange = *std::get<std::unique_ptr<http::Exchange>>(begun);
  EXPECT_TRUE(std::holds_alternative<http::Accepted>(exchange.content(as_bytes("[]"))));
  folder_->fail(Step::sync, EIO);
  EXPECT_EQ(client_->upload("[]").status, Status::internal_server_error);
  Mailbox mailbox;
  EXPECT_TRUE(std::holds_alternative<http::Pending>(exchange.complete(mailbox.reply(ExchangeId{1}))));
  EXPECT_EQ(mailbox.wait(ExchangeId{1}).status, Status::service_unavailable);
}

}  // namespace
}  // namespace bobbin::uploads
