#include "server/connection.h"

#include <cerrno>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "http/http1/session_driver.h"
#include "net/test_transport.h"
#include "os/test_directory.h"

namespace bobbin::server {
namespace {

using http::SourceScript;

class ConnectionTest : public testing::Test, public http::Services, public http::ReplySink {
 protected:
  Connection& connect() {
    connection.emplace(context, ConnectionId{}, now,
                       [this](Connection::TransportSlot& slot) { slot.emplace<net::TestTransport>(script); });
    return *connection;
  }
  void get(std::string_view target) {
    script.input.push_back("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    connection->assume_ready();
  }
  /// Until nothing goes on, or the connection is finished; as a worker would after each event.
  Connection::Progress drive() {
    Connection::Progress progress = connection->drive(scratch, now);
    while (progress == Connection::Progress::has_more) progress = connection->drive(scratch, now);
    return progress;
  }
  /// The content of the only response in the output.
  [[nodiscard]] std::string content() const {
    const std::size_t head = script.output.find("\r\n\r\n");
    return head == std::string::npos ? "(no response)" : script.output.substr(head + 4);
  }
  /// The answer to `/source` is this file.
  void serve_file(std::string_view bytes) {
    place.write("file", bytes);
    file = os::Fd(::open(place.path("file").c_str(), O_RDONLY));
    handler->source = std::make_shared<SourceScript>(SourceScript{
        .size_bytes = bytes.size(),
        .steps = {http::FilePiece{.descriptor = file.number(), .offset = 0, .length = bytes.size()}}});
    script.read = [](int descriptor, std::uint64_t offset, std::size_t count) {
      std::string read(count, '\0');
      const ssize_t got = ::pread(descriptor, read.data(), count, static_cast<off_t>(offset));
      read.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
      return read;
    };
  }

  // http::Services
  WallTime date() const override { return {}; }
  std::string_view date_field() const override { return "Date: now\r\n"; }
  bool ends_connections() const override { return false; }
  bool is_stopping() const override { return false; }
  bool wants_log_fields() const override { return true; }
  Result<std::size_t> read_file(int, std::uint64_t, std::span<std::byte>) override { return std::size_t{0}; }
  void limit_exceeded(ConnectionId, std::string_view) override {}
  void content_sent(ConnectionId, const std::optional<Endpoint>&, std::uint64_t, Instant) override {}
  void exchange_ended(ConnectionId, const http::ExchangeSummary& summary, Instant) override {
    summaries.push_back(summary);
  }
  // http::ReplySink
  void deliver(ConnectionId, ExchangeId, http::Response) override {}
  void resume(ConnectionId, ExchangeId) override {}

  Instant now{seconds(1'000'000)};
  net::TransportScript script;
  os::TestDirectory place;
  os::Fd file;
  std::vector<std::string> events;
  std::vector<http::ExchangeSummary> summaries;
  std::shared_ptr<http::RecordingHandler> handler = std::make_shared<http::RecordingHandler>(events);
  http::SessionSettings settings;
  http::http1::Session::Context context{settings, handler, *this, *this};
  http::http2::Session::Context http2_context{.common = context};
  std::array<std::byte, 16 * 1024> scratch;
  std::optional<Connection> connection;
};

TEST_F(ConnectionTest, AnswersThoughTheTransportTakesAByteAtATime) {
  connect();
  script.most_sent = 1;
  get("/");
  EXPECT_EQ(drive(), Connection::Progress::waiting);
  EXPECT_EQ(content(), "hello");
  ASSERT_EQ(summaries.size(), 1U);
  EXPECT_EQ(summaries[0].outcome, http::Outcome::completed);
}

TEST_F(ConnectionTest, ReadsARequestThatComesAByteAtATime) {
  connect();
  for (const char byte : std::string_view("GET / HTTP/1.1\r\nHost: a\r\n\r\n")) {
    script.input.emplace_back(1, byte);
    connection->assume_ready();
    drive();
  }
  EXPECT_EQ(content(), "hello");
}

TEST_F(ConnectionTest, GoesOnWhenThereIsRoomAgain) {
  connect();
  script.room = 20;
  get("/long");
  EXPECT_EQ(drive(), Connection::Progress::waiting);
  EXPECT_TRUE(connection->must_rearm);
  EXPECT_EQ(script.output.size(), 20U);
  script.room = SIZE_MAX;
  connection->changed(
      {.tag = 0, .readable = false, .writable = true, .must_read_on = false, .hung_up = false});
  drive();
  EXPECT_EQ(content().size(), 100'000U);
}

TEST_F(ConnectionTest, AFileIsSentByTheKernel) {
  connect();
  serve_file(std::string(50'000, 'f'));
  get("/source");
  drive();
  EXPECT_EQ(content(), std::string(50'000, 'f'));
  EXPECT_GT(script.calls_of_send_file, 0);
}

TEST_F(ConnectionTest, AFileIsReadAndSentWhereTheTransportCannotSendIt) {
  connect();
  script.can_send_files = false;
  script.most_sent = 1000;
  serve_file(std::string(50'000, 'f'));
  get("/source");
  drive();
  EXPECT_EQ(content(), std::string(50'000, 'f'));
  EXPECT_EQ(script.calls_of_send_file, 1) << "asked once for a response";
  script.output.clear();
  script.can_send_files = true;
  handler->source->pulled = 0;
  get("/source");
  drive();
  EXPECT_EQ(content(), std::string(50'000, 'f'));
  EXPECT_GT(script.calls_of_send_file, 1) << "and again for the next one";
}

// Where more follows, the kernel fills its packets; the end of a response must not wait for that.
TEST_F(ConnectionTest, TellsTheTransportWhetherMoreFollows) {
  connect();
  get("/");
  drive();
  EXPECT_EQ(script.more_follows, std::vector<bool>{false});
  script.more_follows.clear();
  serve_file("the content");
  get("/source");
  drive();
  EXPECT_EQ(script.more_follows, std::vector<bool>{true}) << "of the head: the file follows";
}

// Whatever errno sendfile(2) fails with, if it is not the socket's.
TEST_F(ConnectionTest, AFileThatTheKernelCannotSendIsReadAndSent) {
  for (const int code : {EINVAL, EIO, ENOMEM, EOVERFLOW, ENOSYS, ESTALE, EPERM}) {
    SCOPED_TRACE(code);
    script = {};
    connect();
    script.send_file_error = Error{code, "sendfile"};
    serve_file("the content");
    get("/source");
    drive();
    EXPECT_EQ(content(), "the content");
  }
}

TEST_F(ConnectionTest, AnErrorOfTheSocketEndsTheConnection) {
  for (const int code : {EPIPE, ECONNRESET, ETIMEDOUT}) {
    SCOPED_TRACE(code);
    summaries.clear();
    script = {};
    connect();
    script.send_file_error = Error{code, "sendfile"};
    serve_file("the content");
    get("/source");
    EXPECT_EQ(drive(), Connection::Progress::finished);
    ASSERT_EQ(summaries.size(), 1U);
    EXPECT_EQ(summaries[0].outcome, http::Outcome::client_left);
  }
}

TEST_F(ConnectionTest, AFileThatCannotBeReadCutsTheAnswerShortAndTheCauseIsTold) {
  connect();
  serve_file("the content");
  script.send_file_error = Error{EIO, "sendfile"};
  handler->source->steps = {http::FilePiece{.descriptor = -1, .offset = 0, .length = 11}};
  get("/source");
  EXPECT_EQ(drive(), Connection::Progress::finished);
  ASSERT_EQ(summaries.size(), 1U);
  EXPECT_EQ(summaries[0].outcome, http::Outcome::cut_short);
  EXPECT_NE(summaries[0].log_fields.handler.cause.find("Bad file descriptor"), std::string::npos);
}

TEST_F(ConnectionTest, AFileThatHasBecomeShorterCutsTheAnswerShort) {
  for (const bool can_send_files : {true, false}) {
    summaries.clear();
    script = {};
    connect();
    script.can_send_files = can_send_files;
    serve_file("short");
    handler->source->size_bytes = 11;
    handler->source->steps = {http::FilePiece{.descriptor = file.number(), .offset = 0, .length = 11}};
    get("/source");
    EXPECT_EQ(drive(), Connection::Progress::finished);
    ASSERT_EQ(summaries.size(), 1U);
    EXPECT_EQ(summaries[0].outcome, http::Outcome::cut_short);
  }
}

TEST_F(ConnectionTest, ContentThatEndsWithTheConnectionIsCutShortByAReset) {
  connect();
  handler->source = std::make_shared<SourceScript>(SourceScript{.steps = {"hello", http::Failed{"why"}}});
  script.input.emplace_back("GET /source HTTP/1.0\r\nHost: a\r\n\r\n");
  EXPECT_EQ(drive(), Connection::Progress::finished);
  EXPECT_EQ(content(), "hello");
  EXPECT_TRUE(script.is_reset);
}

TEST_F(ConnectionTest, AnErrorOfReceivingEndsTheConnection) {
  connect();
  script.receive_error = Error{ECONNRESET, "recv"};
  EXPECT_EQ(drive(), Connection::Progress::finished);
}

TEST_F(ConnectionTest, ARequestAndTheEndThatArriveTogetherAreAnsweredAndThenItEnds) {
  connect();
  get("/");
  script.input_ends = true;
  connection->changed({.tag = 0, .readable = true, .writable = true, .must_read_on = true, .hung_up = false});
  EXPECT_EQ(drive(), Connection::Progress::finished);
  EXPECT_EQ(content(), "hello");
}

TEST_F(ConnectionTest, ASocketThatHasHungUpIsReadToItsEnd) {
  connect();
  get("/");
  drive();
  ASSERT_FALSE(connection->may_receive());
  connection->changed(
      {.tag = 0, .readable = false, .writable = false, .must_read_on = false, .hung_up = true});
  EXPECT_TRUE(connection->may_receive());
}

// Bytes that a transport has taken from the socket already are announced by nobody.
TEST_F(ConnectionTest, ReadsOnWhereTheTransportSaysThatThereIsMore) {
  connect();
  script.tells_of_more = true;
  script.input = {"GET / HTTP/1.1\r\n", "Host: a\r\n", "\r\n"};
  drive();
  EXPECT_EQ(content(), "hello");
}

TEST_F(ConnectionTest, AReceiveThatWaitsForRoomGoesOnWhenThereIsRoom) {
  connect();
  script.receive_error = Error{EINPROGRESS, "handshake"};
  EXPECT_EQ(drive(), Connection::Progress::waiting);
  ASSERT_FALSE(connection->may_receive());
  EXPECT_TRUE(connection->must_rearm) << "the kernel may have refused for another reason than a full socket";
  connection->changed(
      {.tag = 0, .readable = false, .writable = true, .must_read_on = false, .hung_up = false});
  EXPECT_TRUE(connection->may_receive());
}

TEST_F(ConnectionTest, ASendThatWaitsForInputGoesOnWhenThereIsInput) {
  connect();
  script.send_error = Error{EINPROGRESS, "handshake"};
  get("/");
  EXPECT_EQ(drive(), Connection::Progress::waiting);
  EXPECT_FALSE(connection->must_rearm) << "the socket is writable: asking would be told so for ever";
  script.send_error.reset();
  EXPECT_EQ(drive(), Connection::Progress::waiting);
  EXPECT_EQ(script.output, "");
  connection->changed(
      {.tag = 0, .readable = true, .writable = false, .must_read_on = false, .hung_up = false});
  drive();
  EXPECT_EQ(content(), "hello");
}

TEST_F(ConnectionTest, ARequestInClearTextWhereTlsShouldBeIsNotGivenToTheHandler) {
  connect();
  script.kind = net::Received::Kind::unsecured;
  get("/");
  EXPECT_EQ(drive(), Connection::Progress::waiting);
  EXPECT_TRUE(events.empty());
  EXPECT_EQ(script.output.substr(0, 12), "HTTP/1.1 400");
  EXPECT_TRUE(script.writing_is_shut_down);
  ASSERT_EQ(summaries.size(), 1U);
  EXPECT_EQ(summaries[0].log_fields.handler.violation, "Plain HTTP on a port for TLS");
}

TEST_F(ConnectionTest, AClientThatIsTurnedAwayIsToldSoBeforeItHasSaidAnything) {
  connect();
  script.kind = net::Received::Kind::turned_away;
  script.input.emplace_back();
  EXPECT_EQ(drive(), Connection::Progress::waiting);
  EXPECT_EQ(script.output.substr(0, 12), "HTTP/1.1 429");
  EXPECT_NE(script.output.find("\r\nRetry-After: 5\r\n"), std::string::npos);
  EXPECT_TRUE(script.writing_is_shut_down);
  get("/");
  EXPECT_EQ(drive(), Connection::Progress::waiting)
      << "what it sends is discarded, so that the answer arrives";
  EXPECT_TRUE(events.empty());
}

TEST_F(ConnectionTest, TellsTheTransportOfTheEnd) {
  connect();
  get("/");
  script.input_ends = true;
  connection->changed({.tag = 0, .readable = true, .writable = true, .must_read_on = true, .hung_up = false});
  EXPECT_EQ(drive(), Connection::Progress::finished);
  EXPECT_TRUE(script.has_ended);
}

TEST_F(ConnectionTest, WhatTheClientAcknowledgedBeforeItsDeadlineIsItsProgress) {
  connect();
  script.room = 50'000;
  get("/long");
  script.unacknowledged = 50'000;
  drive();
  now += seconds(10);
  script.unacknowledged = 0;
  connection->expire(now);
  EXPECT_EQ(drive(), Connection::Progress::waiting);
  EXPECT_EQ(summaries.size(), 0U);
}

// CONTRACT §5: credit for early bytes is at most the grace.
TEST_F(ConnectionTest, WhatTheClientAcknowledgedAtTheBeginningIsNoLaterProgress) {
  connect();
  script.room = 50'000;
  get("/long");
  drive();
  now += seconds(10);
  connection->expire(now);
  EXPECT_EQ(drive(), Connection::Progress::finished);
  ASSERT_EQ(summaries.size(), 1U);
  EXPECT_EQ(summaries[0].outcome, http::Outcome::timed_out);
}

TEST_F(ConnectionTest, WhatTheClientHasNotAcknowledgedIsNotItsProgress) {
  connect();
  script.room = 50'000;
  get("/long");
  drive();
  script.unacknowledged = 50'000;
  now += seconds(10);
  connection->expire(now);
  EXPECT_EQ(drive(), Connection::Progress::finished);
  ASSERT_EQ(summaries.size(), 1U);
  EXPECT_EQ(summaries[0].outcome, http::Outcome::timed_out);
}

TEST_F(ConnectionTest, ChangesToHttp2WhenTheClientBeginsWithItsPreface) {
  connect();
  script.input.push_back("PRI * HTTP/2.0\r\n\r\nSM\r\n");
  EXPECT_EQ(drive(), Connection::Progress::speaks_http2);
  connection->change_to_http2(http2_context, now);
  script.input.push_back("\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9));
  connection->assume_ready();
  EXPECT_EQ(drive(), Connection::Progress::waiting);
  EXPECT_TRUE(script.output.starts_with(std::string("\0\0\x12\4\0", 5))) << "SETTINGS with three entries";
  EXPECT_EQ(connection->session().state_name(), "idle");
}

}  // namespace
}  // namespace bobbin::server
