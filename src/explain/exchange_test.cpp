#include "explain/exchange.h"

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "explain/report.h"

namespace bobbin::explain {
namespace {

using http::Begin;
using http::Request;
using http::Response;

/// Answers as a function says.
class Answering final : public http::Handler {
 public:
  using Answer = std::function<Begin(const Request&)>;
  explicit Answering(Answer answer) : answer_(std::move(answer)) {}
  [[nodiscard]] Begin begin(const Request& request) const override { return answer_(request); }

 private:
  Answer answer_;
};

Response text(std::string_view content) {
  return Response::with_content(http::Status::ok, "text/plain", std::string(content));
}

Explanation explained(std::string_view request, Answering::Answer answer) {
  const Question question{
      .text = std::string(request), .client = {}, .local = {}, .listener = http::kPlainListener};
  return explain(question, std::make_shared<const Answering>(std::move(answer)), {});
}

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST(ExplainTest, TellsWhatIsDecidedAndTheHeadOfTheAnswer) {
  const Explanation explanation = explained(kGet, [](const Request& request) -> Begin {
    request.note("file", {"a", "b"});
    return text("hello");
  });
  EXPECT_EQ(explanation.decisions, (std::vector<Decision>{{"file", "ab"}}));
  EXPECT_TRUE(explanation.head.starts_with("HTTP/1.1 200 OK\r\n")) << explanation.head;
  EXPECT_TRUE(explanation.head.ends_with("\r\n\r\n"));
  EXPECT_NE(explanation.head.find("\r\nContent-Length: 5\r\n"), std::string::npos);
}

TEST(ExplainTest, WaitsForAnAnswerOfAnotherThread) {
  std::thread other;
  const Explanation explanation = explained(kGet, [&](const Request& request) -> Begin {
    other = std::thread([later = request.reply_later()]() mutable { std::move(later)(text("later")); });
    return http::Pending{};
  });
  other.join();
  EXPECT_TRUE(explanation.head.starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST(ExplainTest, AnswersWhatTakesTooLongAsTheServerDoes) {
  const Explanation explanation = explained(kGet, [&](const Request& request) -> Begin {
    request.reply_later().forget();
    return http::Pending{.limit = milliseconds(1)};
  });
  EXPECT_TRUE(explanation.head.starts_with("HTTP/1.1 503 "));
}

TEST(ExplainTest, TellsNothingTwiceOfWhatIsAskedAgain) {
  const Explanation explanation = explained(kGet, [&](const Request& request) -> Begin {
    request.note("access", {"asked"});
    if (request.is_asked_again) return text("decided");
    request.resume()();
    return http::Undecided{};
  });
  EXPECT_EQ(explanation.decisions, (std::vector<Decision>{{"access", "asked"}}));
  EXPECT_TRUE(explanation.head.starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST(ExplainTest, TellsWhatTheLogSaysOfARefusal) {
  const Explanation explanation = explained(kGet, [](const Request&) -> Begin {
    Response response = Response::error(http::Status::forbidden, "You may not.");
    response.log_fields.violation = "Tried";
    return response;
  });
  EXPECT_EQ(explanation.decisions, (std::vector<Decision>{{"reason", "You may not."}, {"log", "Tried"}}));
}

TEST(ExplainTest, RefusesABadHeadWithoutAHandler) {
  const Explanation explanation =
      explained("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", [](const Request&) -> Begin {
        ADD_FAILURE() << "asked";
        return text("");
      });
  EXPECT_TRUE(explanation.head.starts_with("HTTP/1.1 400 ")) << explanation.head;
}

/// Takes content, and answers with how much it was.
class Taking final : public http::Exchange {
 public:
  http::Intake content(Bytes) override { return http::Accepted{}; }
  http::Reply complete(http::ReplyLater later) override {
    std::move(later).forget();
    return text("taken");
  }
};

constexpr std::string_view kPost =
    "POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";

TEST(ExplainTest, SaysThatTheContentDecides) {
  const Explanation explanation =
      explained(kPost, [](const Request&) -> Begin { return std::make_unique<Taking>(); });
  EXPECT_TRUE(explanation.depends_on_content);
  EXPECT_EQ(explanation.head, "");
  EXPECT_EQ(as_json(explanation), "{\"decisions\":[],\"status\":null,\"fields\":[]}\n");
}

TEST(ExplainTest, GivesTheContentThatIsOnlyDiscarded) {
  for (const std::string_view framing : {"Content-Length: 5", "Transfer-Encoding: chunked"}) {
    const Explanation explanation = explained(
        "POST / HTTP/1.1\r\nHost: localhost\r\n" + std::string(framing) + "\r\n\r\n",
        [](const Request&) -> Begin { return Response::error(http::Status::unsupported_media_type, "No."); });
    EXPECT_FALSE(explanation.depends_on_content);
    EXPECT_TRUE(explanation.head.starts_with("HTTP/1.1 415 ")) << explanation.head;
  }
}

TEST(ExplainReportTest, WritesWhatStrangersHaveNamedSoThatItSteersNothing) {
  const Explanation explanation{.decisions = {{"file", "a\x1b[1m\"\xff"}},
                                .head = "HTTP/1.1 404 Not Found\r\nA: b\r\nC: \r\n\r\n"};
  EXPECT_EQ(as_text(explanation), "file       a\\x1b[1m\"\\xff\n\nHTTP/1.1 404 Not Found\nA: b\nC: \n");
  EXPECT_EQ(as_json(explanation),
            "{\"decisions\":[{\"about\":\"file\",\"text\":\"a\\u001b[1m\\\"\\u00ff\"}],\"status\":404,"
            "\"fields\":[{\"name\":\"A\",\"value\":\"b\"},{\"name\":\"C\",\"value\":\"\"}]}\n");
}

}  // namespace
}  // namespace bobbin::explain
