#include "inbox/forward_outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bobbin::inbox {
namespace {

using http_client::Answer;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

constexpr WallTime kAnsweredAt{seconds(784111777)};  // Sun, 06 Nov 1994 08:49:37 GMT

Outcome outcome_of_status(int status) { return outcome_of(Answer{.status = status}, kAnsweredAt); }

TEST(ForwardOutcome, FollowsFromTheStatus) {
  for (const int status : {200, 201, 202, 204, 299})
    EXPECT_TRUE(std::holds_alternative<Succeeded>(outcome_of_status(status))) << status;
  for (const int status : {401, 403, 404, 405, 407, 408, 421, 425, 426, 429, 500, 502,
                           503, 504, 599, 301, 302, 303, 304, 307, 308, 101, 600})
    EXPECT_TRUE(std::holds_alternative<Failed>(outcome_of_status(status))) << status;
  for (const int status : {400, 402, 406, 409, 410, 411, 413, 415, 422, 431, 499})
    EXPECT_TRUE(std::holds_alternative<Hopeless>(outcome_of_status(status))) << status;
}

TEST(ForwardOutcome, WithoutAnAnswerIsAnotherAttempt) {
  const Outcome outcome = outcome_of(http_client::NoAnswer{"Could not resolve host: a\x1B[2J"}, kAnsweredAt);
  ASSERT_TRUE(std::holds_alternative<Failed>(outcome));
  EXPECT_EQ(std::get<Failed>(outcome).reason, "there is no answer: Could not resolve host: a\\x1b[2J");
  EXPECT_EQ(std::get<Failed>(outcome).shortest_pause, seconds(0));
}

TEST(ForwardOutcome, OfARequestThatWasBrokenOff) {
  EXPECT_TRUE(std::holds_alternative<Interrupted>(outcome_of(http_client::Aborted(), kAnsweredAt)));
}

TEST(ForwardOutcome, IsNotTriedAgainBeforeItsRetryAfter) {
  const auto pause_of = [](int status, const char* value) {
    const Outcome outcome =
        outcome_of(Answer{.status = status, .fields = {{"retry-after", value}}}, kAnsweredAt);
    return std::get<Failed>(outcome).shortest_pause;
  };
  EXPECT_EQ(pause_of(503, "120"), seconds(120));
  EXPECT_EQ(pause_of(429, "Sun, 06 Nov 1994 08:50:07 GMT"), seconds(30));
  EXPECT_EQ(pause_of(503, "999999999"), std::chrono::hours(24));
  EXPECT_EQ(pause_of(503, "soon"), seconds(0));
  EXPECT_EQ(pause_of(503, ""), seconds(0));
}

TEST(ForwardOutcome, SaysWhatTheServerHasSaid) {
  const auto reason_of = [](int status, std::string content) {
    const Outcome outcome = outcome_of(Answer{.status = status, .content = std::move(content)}, kAnsweredAt);
    const auto* hopeless = std::get_if<Hopeless>(&outcome);
    return hopeless != nullptr ? hopeless->reason : std::get<Failed>(outcome).reason;
  };
  EXPECT_EQ(reason_of(503, ""), "the server has answered 503");
  EXPECT_EQ(reason_of(503, " \r\n"), "the server has answered 503");
  EXPECT_EQ(reason_of(422, "\n{\"detail\":\"No\"}\n"),
            "the server has answered 422 (\"{\"detail\":\"No\"}\")");
  EXPECT_EQ(reason_of(500, "a\x1B[2J\nb\xFF"), "the server has answered 500 (\"a\\x1b[2J\\x0ab\\xff\")");
  EXPECT_EQ(reason_of(500, std::string(300, 'a')),
            "the server has answered 500 (\"" + std::string(200, 'a') + "\")");
  EXPECT_EQ(reason_of(500, std::string(199, 'a') + "\xC3\xA4"),
            "the server has answered 500 (\"" + std::string(199, 'a') + "\")");
  EXPECT_EQ(reason_of(301, "moved"), "the server has answered 301, and no redirection is followed");
}

}  // namespace
}  // namespace bobbin::inbox
