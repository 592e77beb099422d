#include "server/exchange_log.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "http/http1/session_driver.h"
#include "observe/log.h"
#include "os/test_directory.h"

namespace bobbin::server {
namespace {

using observe::AccessFormat;

const observe::Origin kOrigin{.worker = 1, .connection = 1, .exchange = 1, .client = {}};

/// What is written in this format.
template <typename Write>
std::string written(AccessFormat format, Write write) {
  const os::TestDirectory place;
  const std::unique_ptr<observe::Log> log = *observe::Log::open({.file = place.path("log")});
  observe::LogWriter& writer = log->writer("Thread-1");
  ExchangeLog exchanges({.format = format}, writer, writer);
  write(exchanges);
  log->stop();
  return place.read("log");
}

std::string closing_line(AccessFormat format) {
  return written(format, [](ExchangeLog& exchanges) {
    const http::http1::SessionDriver driver;
    exchanges.connection_closed({.session = driver.session(), .origin = kOrigin});
  });
}

TEST(ExchangeLog, TheTimeOfAnExchangeIsThatOfItsRequest) {
  const WallTime now = wall_now();
  const std::string lines = written(AccessFormat::json, [&](ExchangeLog& exchanges) {
    const http::ExchangeSummary summary;
    exchanges.exchange_ended({.summary = summary, .origin = kOrigin, .at = now, .duration = seconds(5)});
    exchanges.exchange_ended({.summary = summary, .origin = kOrigin, .at = now - seconds(5), .duration = {}});
  });
  const std::size_t second = lines.find('\n') + 1;
  const std::size_t length = lines.find(",\"client\"");
  ASSERT_NE(length, std::string::npos);
  EXPECT_EQ(lines.substr(0, length), lines.substr(second, length));
}

// CONTRACT §6: one block for each exchange, and then how the connection ended; in other formats one line for
// each exchange.
TEST(ExchangeLog, TheEndOfAConnectionHasALineBehindBlocksOnly) {
  EXPECT_NE(closing_line(AccessFormat::transfer).find("Connection closed (0 requests served)"),
            std::string::npos);
  for (const AccessFormat format : {AccessFormat::common, AccessFormat::combined, AccessFormat::json})
    EXPECT_EQ(closing_line(format), "");
}

// What an operator has to know stands where it is looked for, whatever log the exchange itself is in.
TEST(ExchangeLog, ASiteCanHaveItsExchangesInALogOfItsOwn) {
  for (const AccessFormat format : {AccessFormat::transfer, AccessFormat::combined, AccessFormat::json}) {
    const os::TestDirectory place;
    const auto own = *observe::Log::open({.file = place.path("own")});
    const auto log = *observe::Log::open({.file = place.path("log")});
    observe::LogWriter& writer = log->writer("Thread-1");
    ExchangeLog exchanges({.format = format}, writer, writer,
                          {{&own->writer("Thread-1"), AccessFormat::json}});
    const auto end = [&](std::uint16_t access_log, const char* request, const char* violation = "") {
      http::ExchangeSummary summary;
      summary.log_fields.request_line = request;
      summary.log_fields.handler.access_log = access_log;
      summary.log_fields.handler.violation = violation;
      exchanges.exchange_ended({.summary = summary, .origin = kOrigin, .at = wall_now(), .duration = {}});
    };
    end(0, "GET /server HTTP/1.1");
    end(1, "GET /site HTTP/1.1", "Path traversal attempt (/x)");
    end(2, "GET /nobodys HTTP/1.1");
    own->stop();
    log->stop();
    const std::string server = place.read("log");
    const std::string site = place.read("own");
    EXPECT_NE(server.find("GET /server "), std::string::npos);
    EXPECT_NE(server.find("GET /nobodys "), std::string::npos);
    EXPECT_EQ(server.find("GET /site "), std::string::npos);
    EXPECT_NE(server.find("Security violation: Path traversal attempt (/x)"), std::string::npos);
    EXPECT_NE(site.find("GET /site "), std::string::npos);
    EXPECT_EQ(site.find("GET /server "), std::string::npos);
    EXPECT_TRUE(site.starts_with("{")) << "it has a format of its own";
    EXPECT_EQ(server.starts_with("{"), format == AccessFormat::json);
  }
}

TEST(ExchangeLog, MessagesCanHaveALogOfTheirOwn) {
  const os::TestDirectory place;
  const auto errors = *observe::Log::open({.file = place.path("errors")});
  const auto log = *observe::Log::open({.file = place.path("log")});
  ExchangeLog exchanges({.format = AccessFormat::transfer}, errors->writer("Thread-1"),
                        log->writer("Thread-1"));
  http::ExchangeSummary summary;
  summary.log_fields.handler.violation = "Path traversal attempt (/x)";
  summary.log_fields.handler.cause = "Cannot serve /x";
  exchanges.exchange_ended({.summary = summary, .origin = kOrigin, .at = wall_now(), .duration = {}});
  const http::http1::SessionDriver driver;
  exchanges.connection_closed({.session = driver.session(), .origin = kOrigin});
  errors->stop();
  log->stop();
  const std::string messages = place.read("errors");
  EXPECT_NE(messages.find("Error: Cannot serve /x"), std::string::npos);
  EXPECT_NE(messages.find("Security violation: Path traversal attempt (/x)"), std::string::npos);
  EXPECT_EQ(messages.find("Response: "), std::string::npos);
  EXPECT_EQ(messages.find("Connection closed"), std::string::npos) << "it belongs to the blocks of exchanges";
  EXPECT_NE(place.read("log").find("Response: "), std::string::npos);
  EXPECT_NE(place.read("log").find("Connection closed"), std::string::npos);
}

// One of three of those that have succeeded, and each of the others.
TEST(ExchangeLog, WritesASampleOfWhatHasSucceeded) {
  const os::TestDirectory place;
  const auto log = *observe::Log::open({.file = place.path("log")});
  observe::LogWriter& writer = log->writer("Thread-1");
  ExchangeLog exchanges({.format = AccessFormat::json, .sample = 3}, writer, writer);
  const auto end = [&](http::Status status, const char* cause = "", const char* violation = "") {
    http::ExchangeSummary summary;
    summary.status = status;
    summary.log_fields.handler.cause = cause;
    summary.log_fields.handler.violation = violation;
    exchanges.exchange_ended({.summary = summary, .origin = kOrigin, .at = wall_now(), .duration = {}});
  };
  for (int i = 0; i < 6; ++i) {
    end(http::Status::ok);
    end(http::Status::not_found);
  }
  end(http::Status::ok, "Cannot send all of x");
  end(http::Status::not_modified, "", "Path traversal attempt (/x)");
  log->stop();
  const std::string lines = place.read("log");
  const auto count = [&](std::string_view text) { return http::http1::count(lines, text); };
  EXPECT_EQ(count("\"status\":404"), 6U);
  EXPECT_EQ(count("\"status\":200"), 3U);
  EXPECT_EQ(count("\"status\":304"), 1U);
  EXPECT_EQ(count("\"sample\":3"), 2U);
}

TEST(ExchangeLog, ARefusedProxyHeaderIsAWarningInEveryFormat) {
  for (const AccessFormat format : {AccessFormat::transfer, AccessFormat::json}) {
    const std::string lines = written(format, [](ExchangeLog& exchanges) {
      const http::http1::SessionDriver driver;
      exchanges.connection_closed(
          {.session = driver.session(), .origin = kOrigin, .proxy_failure = "its ports are malformed"});
    });
    EXPECT_NE(lines.find("PROXY header refused: its ports are malformed"), std::string::npos);
  }
}

TEST(ExchangeLog, AConnectionThatIsOneTooManyIsAWarningInEveryFormat) {
  for (const AccessFormat format : {AccessFormat::transfer, AccessFormat::json}) {
    const std::string lines = written(format, [](ExchangeLog& exchanges) {
      const http::http1::SessionDriver driver;
      exchanges.connection_closed({.session = driver.session(), .origin = kOrigin, .is_admitted = false});
    });
    EXPECT_NE(lines.find("has as many connections as a client may"), std::string::npos);
  }
}

}  // namespace
}  // namespace bobbin::server
