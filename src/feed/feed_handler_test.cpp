#include "feed/feed_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "feed/test_inbox.h"
#include "feed/test_reader.h"
#include "observe/test_log.h"

namespace bobbin::feed {
namespace {

using http::Method;
using http::Status;
using ::testing::HasSubstr;
using ::testing::Not;

/// In the place of an inbox.
class TakesAll final : public http::Handler {
 public:
  [[nodiscard]] http::Begin begin(const http::Request&) const override {
    return http::Response::with_content(Status::accepted, "", {});
  }
  [[nodiscard]] http::ErrorForm error_form(const http::RequestHead&) const override {
    return http::ErrorForm::page;
  }
};

class FeedHandlerTest : public ::testing::Test, private http::ReplySink {
 protected:
  FeedHandlerTest() {
    feed_ = *Feed::open(inbox_.place().path(), 1, "box", executor_, log_.writer("Uploads"));
    handler_ = std::make_unique<FeedHandler>(FeedSettings{.name = "box", .path = "/in/box"}, feed_,
                                             std::make_shared<const TakesAll>());
  }
  ~FeedHandlerTest() override {
    executor_.shut_down([] {});
    executor_.join();
  }

  void begin_feed() {
    feed_->begin(TestInbox::kEpoch, 0, 0);
    ASSERT_TRUE(eventually([&] { return feed_->is_ready(); }));
  }
  void store(std::uint64_t sequence) {
    feed_->named(sequence, TestInbox::name_of(sequence), inbox_.add(sequence));
    feed_->checkpointed(sequence);
  }

  struct Asked {
    Method method = Method::get;
    std::string_view target = "/in/box";
    std::string_view accept = "*/*";
    std::string_view last_event_id = "";
  };
  [[nodiscard]] http::Begin begin(const Asked& asked) {
    http::RequestHead head;
    head.method = asked.method;
    head.target = asked.target;
    EXPECT_TRUE(head.fields.add({http::FieldName::accept, "Accept", asked.accept}));
    if (!asked.last_event_id.empty()) {
      EXPECT_TRUE(head.fields.add({http::FieldName::other, "last-event-id", asked.last_event_id}));
    }
    return handler_->begin({.head = head,
                            .local = endpoint_,
                            .path = "/in/box",
                            .exchange = {.sink = this, .connection = {}, .exchange = ExchangeId{1}}});
  }
  [[nodiscard]] http::Response ask(const Asked& asked) {
    http::Begin begun = begin(asked);
    if (auto* response = std::get_if<http::Response>(&begun)) return std::move(*response);
    ADD_FAILURE() << "it is not answered at once";
    return {.status = Status::continue_};
  }
  /// The answer to one who has waited; status 100 when there is none before patience ends.
  [[nodiscard]] http::Response answer() {
    http::Response response{.status = Status::continue_};
    static_cast<void>(eventually([&] {
      const Lock lock(mutex_);
      if (answers_.empty()) return false;
      response = std::move(answers_.front());
      answers_.erase(answers_.begin());
      return true;
    }));
    return response;
  }

  TestInbox inbox_;
  observe::TestLog log_;
  executor::Executor executor_;
  std::shared_ptr<Feed> feed_;
  std::unique_ptr<FeedHandler> handler_;

 private:
  void deliver(ConnectionId, ExchangeId, http::Response response) override {
    const Lock lock(mutex_);
    answers_.push_back(std::move(response));
  }
  void resume(ConnectionId, ExchangeId) override {}

  const Endpoint endpoint_;
  Mutex mutex_;
  std::vector<http::Response> answers_ GUARDED_BY(mutex_);
};

TEST_F(FeedHandlerTest, ReadersComeAgainUntilItIsKnownWhatIsThere) {
  const http::Response response = ask({});
  EXPECT_EQ(response.status, Status::service_unavailable);
  EXPECT_THAT(response.fields, HasSubstr("Retry-After: 1\r\n"));
  begin_feed();
  EXPECT_EQ(ask({}).status, Status::ok);
}

TEST_F(FeedHandlerTest, PostsGoToTheInbox) {
  EXPECT_EQ(ask({.method = Method::post}).status, Status::accepted);
}

TEST_F(FeedHandlerTest, OtherMethodsAreTold) {
  const http::Response options = ask({.method = Method::options});
  EXPECT_EQ(options.status, Status::no_content);
  EXPECT_THAT(options.fields, HasSubstr("Allow: GET, HEAD, POST, OPTIONS\r\n"));
  const http::Response refused = ask({.method = Method::delete_});
  EXPECT_EQ(refused.status, Status::method_not_allowed);
  EXPECT_THAT(refused.fields, HasSubstr("Allow: GET, HEAD, POST, OPTIONS\r\n"));
}

TEST_F(FeedHandlerTest, AnEmptyAnswerSaysWhereToGoOn) {
  begin_feed();
  const http::Response response = ask({.target = "/in/box?limit=7"});
  EXPECT_EQ(response.status, Status::ok);
  EXPECT_EQ(response.media_type, "application/cloudevents-batch+json");
  EXPECT_EQ(std::get<std::string>(response.content), "[]\n");
  EXPECT_THAT(response.fields, HasSubstr("Link: </in/box?since=0&limit=7>; rel=\"next\"\r\n"));
  EXPECT_THAT(response.fields, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_TRUE(response.never_stored) << "whatever the site says of it";
  EXPECT_THAT(response.fields, HasSubstr("Vary: Accept\r\n"));
}

TEST_F(FeedHandlerTest, TheNextLinkNamesTheLastRecordThatIsGiven) {
  begin_feed();
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) store(sequence);
  EXPECT_THAT(ask({.target = "/in/box?limit=2&wait=30s"}).fields,
              HasSubstr("Link: </in/box?since=2&limit=2&wait=30>; rel=\"next\"\r\n"));
  EXPECT_THAT(ask({.target = "/in/box?since=2&limit=2"}).fields, HasSubstr("since=4&limit=2"));
  EXPECT_THAT(ask({.target = "/in/box?since=4&limit=2"}).fields, HasSubstr("since=5&limit=2"));
  EXPECT_THAT(ask({.target = "/in/box?since=5&limit=2"}).fields, HasSubstr("since=5&limit=2"));
}

TEST_F(FeedHandlerTest, BadRequestsAreToldWhatIsAllowed) {
  begin_feed();
  store(1);
  EXPECT_EQ(ask({.target = "/in/box?limit=0"}).status, Status::bad_request);
  EXPECT_THAT(ask({.target = "/in/box?limit=0"}).detail, HasSubstr("from 1 to 1000"));
  EXPECT_EQ(ask({.target = "/in/box?page=2"}).status, Status::bad_request);
  EXPECT_EQ(ask({.accept = "text/html"}).status, Status::not_acceptable);
  EXPECT_THAT(ask({.accept = "text/html"}).detail, HasSubstr("application/x-ndjson"));
  const http::Response beyond = ask({.target = "/in/box?since=2"});
  EXPECT_EQ(beyond.status, Status::conflict);
  EXPECT_THAT(beyond.detail, HasSubstr("the last one is 1"));
}

/// HTML §9.2.4: a browser asks again for the same URL, and names the last event that it has got.
TEST_F(FeedHandlerTest, AStreamGoesOnBehindTheLastEvent) {
  begin_feed();
  store(1);
  EXPECT_EQ(ask({.target = "/in/box?since=0", .accept = "text/event-stream", .last_event_id = "1"}).status,
            Status::ok);
  EXPECT_EQ(ask({.target = "/in/box?since=0", .accept = "text/event-stream", .last_event_id = "2"}).status,
            Status::conflict);
  EXPECT_EQ(ask({.accept = "text/event-stream", .last_event_id = "x"}).status, Status::bad_request);
  EXPECT_EQ(ask({.accept = "*/*", .last_event_id = "x"}).status, Status::ok) << "it is for streams";
  const http::Response stream = ask({.accept = "text/event-stream"});
  EXPECT_EQ(stream.media_type, "text/event-stream");
  EXPECT_THAT(stream.fields, Not(HasSubstr("Link")));
}

TEST_F(FeedHandlerTest, AReaderWaitsUntilARecordIsThere) {
  begin_feed();
  http::Begin begun = begin({.target = "/in/box?wait=9"});
  auto* pending = std::get_if<http::Pending>(&begun);
  ASSERT_NE(pending, nullptr);
  EXPECT_EQ(pending->limit, seconds(9));
  EXPECT_EQ(pending->late.status, Status::ok);
  EXPECT_EQ(std::get<std::string>(pending->late.content), "[]\n");
  EXPECT_EQ(feed_->waiting_readers(), 1U);
  store(1);
  const http::Response response = answer();
  EXPECT_EQ(response.status, Status::ok);
  EXPECT_THAT(response.fields, HasSubstr("since=1&limit=100&wait=9"));
}

TEST_F(FeedHandlerTest, AReaderWhoHasGoneWaitsNoMore) {
  begin_feed();
  http::Begin begun = begin({.target = "/in/box?wait=9"});
  std::get<http::Pending>(begun).cancelled();
  EXPECT_EQ(feed_->waiting_readers(), 0U);
}

TEST_F(FeedHandlerTest, NobodyWaitsForAHead) {
  begin_feed();
  EXPECT_EQ(ask({.method = Method::head, .target = "/in/box?wait=9"}).status, Status::ok);
}

TEST_F(FeedHandlerTest, WhoWaitsIsAnsweredWhenReadersAreEnded) {
  begin_feed();
  http::Begin begun = begin({.target = "/in/box?wait=9"});
  ASSERT_TRUE(std::holds_alternative<http::Pending>(begun));
  feed_->stop();
  const http::Response response = answer();
  EXPECT_EQ(std::get<std::string>(response.content), "[]\n");
  EXPECT_EQ(ask({.target = "/in/box?wait=9"}).status, Status::ok) << "at once";
}

/// 1,000 records may be 4 GiB.
TEST_F(FeedHandlerTest, AnAnswerIsBounded) {
  begin_feed();
  for (std::uint64_t sequence = 1; sequence <= 10; ++sequence)
    feed_->named(sequence, TestInbox::name_of(sequence), 1024UL * 1024);
  feed_->checkpointed(10);
  EXPECT_THAT(ask({.target = "/in/box?limit=1000"}).fields, HasSubstr("since=4&"));
}

TEST_F(FeedHandlerTest, ErrorsAreShownAsTheInboxSaysUnlessItIsRead) {
  http::RequestHead head;
  head.method = Method::post;
  EXPECT_EQ(handler_->error_form(head), http::ErrorForm::page);
  head.method = Method::get;
  EXPECT_EQ(handler_->error_form(head), http::ErrorForm::problem);
}

TEST_F(FeedHandlerTest, AConfigurationThatIsOnlyLookedAtHasNoRecords) {
  handler_ = std::make_unique<FeedHandler>(FeedSettings{.name = "box", .path = "/in/box"}, nullptr,
                                           std::make_shared<const TakesAll>());
  EXPECT_EQ(ask({}).status, Status::ok);
  EXPECT_EQ(ask({.target = "/in/box?since=9&wait=9"}).status, Status::ok);
  EXPECT_EQ(ask({.target = "/in/box?x"}).status, Status::bad_request);
}

}  // namespace
}  // namespace bobbin::feed
