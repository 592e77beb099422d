#include "observe/message.h"

#include <gtest/gtest.h>

#include "observe/escape.h"
#include "observe/test_time.h"

namespace bobbin::observe {
namespace {

class MessageTest : public TestInLocalTime {
 protected:
  static std::string formatted(MessageFormat format, const Message& message) {
    std::string out;
    append_message(out, format, message);
    return out;
  }

  const Origin origin_{
      .worker = 3, .connection = 128, .exchange = 2, .client = {.port = 54321, .address = {127, 0, 0, 1}}};
};

TEST_F(MessageTest, ItsTimeIsLocal) {
  const struct {
    WallTime time;
    const char* want;
  } cases[] = {
      {at(kMoment), "[2024-03-15 10:30:00] x\n"},
      {at(kMoment, 999), "[2024-03-15 10:30:00] x\n"},
      {at(kMoment + 1), "[2024-03-15 10:30:01] x\n"},
      {at(kMoment), "[2024-03-15 10:30:00] x\n"},
      {at(0), "[1969-12-31 20:30:00] x\n"},
      {at(-1, 500), "[1969-12-31 20:29:59] x\n"},  // a fraction belongs to the second before it there too
  };
  for (const auto& [time, want] : cases)
    EXPECT_EQ(formatted(MessageFormat::text, {.time = time, .text = "x"}), want);
}

TEST_F(MessageTest, NamesTheThreadThatHasAName) {
  EXPECT_EQ(formatted(MessageFormat::text, {.time = at(kMoment), .thread_name = "Thread-12", .text = "x"}),
            "[2024-03-15 10:30:00] [Thread-12] x\n");
}

TEST_F(MessageTest, NamesTheClientThatItIsAbout) {
  EXPECT_EQ(
      formatted(
          MessageFormat::text,
          {.time = at(kMoment), .thread_name = "Thread-3", .text = "Connection timeout", .origin = &origin_}),
      "[2024-03-15 10:30:00] [Thread-3] Connection timeout, client: 127.0.0.1:54321\n");
}

TEST_F(MessageTest, JsonIsOneObjectWithItsKeysInOrder) {
  EXPECT_EQ(
      formatted(
          MessageFormat::json,
          {.time = at(kMoment, 7), .event = Event::server_stop_hint, .text = "Press \"Ctrl+C\"\nto stop"}),
      R"({"time":"2024-03-15T10:30:00.007-03:30","level":"info","event":"server_stop_hint","message":"Press \"Ctrl+C\"\u000ato stop"})"
      "\n");
  Message message{.time = at(kMoment),
                  .event = Event::request_failed,
                  .thread_name = "Thread-3",
                  .text = "Error: no",
                  .origin = &origin_};
  EXPECT_EQ(
      formatted(MessageFormat::json, message),
      R"({"time":"2024-03-15T10:30:00.000-03:30","level":"error","event":"request_failed","thread":"Thread-3",)"
      R"("client":"127.0.0.1:54321","connection_id":"3-128","exchange_id":2,"message":"Error: no"})"
      "\n");
  Origin of_connection = origin_;
  of_connection.exchange = 0;
  message.origin = &of_connection;
  EXPECT_EQ(
      formatted(MessageFormat::json, message),
      R"({"time":"2024-03-15T10:30:00.000-03:30","level":"error","event":"request_failed","thread":"Thread-3",)"
      R"("client":"127.0.0.1:54321","connection_id":"3-128","message":"Error: no"})"
      "\n");
}

TEST_F(MessageTest, ALongTextIsCutAndItsClientNamedAllTheSame) {
  const std::string text(kMostTextBytes + 1, 'x');
  const Message message{.time = at(kMoment), .text = text, .origin = &origin_};
  EXPECT_TRUE(formatted(MessageFormat::text, message).ends_with("xxx(cut), client: 127.0.0.1:54321\n"));
  EXPECT_TRUE(formatted(MessageFormat::json, message).ends_with("xxx\",\"cut\":true}\n"));
}

}  // namespace
}  // namespace bobbin::observe
