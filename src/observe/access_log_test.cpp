#include "observe/access_log.h"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>

#include "base/utf8.h"
#include "observe/escape.h"
#include "observe/log.h"
#include "observe/test_files.h"
#include "observe/test_time.h"

namespace bobbin::observe {
namespace {

using Host = ExchangeRecord::Host;
using Action = ExchangeRecord::Action;

class AccessLog : public TestInLocalTime {
 protected:
  static ExchangeRecord download() {
    ExchangeRecord record;
    record.time = at(kMoment, 7);
    record.duration = std::chrono::microseconds(1234) + std::chrono::nanoseconds(999);
    record.origin = {
        .worker = 3, .connection = 128, .exchange = 1, .client = {.port = 54321, .address = {127, 0, 0, 1}}};
    record.request_line = "GET /image.png HTTP/1.1";
    record.host = "localhost:8080";
    record.host_verdict = Host::accepted;
    record.action = Action::sent_binary;
    record.subject = "image.png";
    record.status = 200;
    record.reason_phrase = "OK";
    record.content_bytes = 45678;
    record.content_length_bytes = 45678;
    record.keeps_connection = true;
    record.referer = "http://localhost:8080/";
    record.user_agent = "curl/8.0";
    return record;
  }

  /// What a client gets that could send nothing in time.
  static ExchangeRecord timed_out() {
    ExchangeRecord record;
    record.time = at(kMoment);
    record.origin = {.worker = 10,
                     .connection = 1,
                     .exchange = 1,
                     .client = {.family = Endpoint::Family::ipv6,
                                .port = 9,
                                .address = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};
    record.status = 408;
    record.reason_phrase = "Request Timeout";
    return record;
  }

  static std::string formatted(AccessFormat format, const ExchangeRecord& record) {
    std::string out;
    format_exchange(out, format, record, "Thread-1");
    return out;
  }
};

TEST_F(AccessLog, TransferShowsADownload) {
  EXPECT_EQ(formatted(AccessFormat::transfer, download()),
            "[2024-03-15 10:30:00] [Thread-1] Connection from 127.0.0.1:54321\n"
            "[2024-03-15 10:30:00] [Thread-1] Request: GET /image.png HTTP/1.1\n"
            "[2024-03-15 10:30:00] [Thread-1] Host validation: localhost:8080 ✓\n"
            "[2024-03-15 10:30:00] [Thread-1] Sending binary file: image.png (45678 bytes)\n"
            "[2024-03-15 10:30:00] [Thread-1] Response: 200 OK (45678 bytes transferred)\n"
            "[2024-03-15 10:30:00] [Thread-1] Connection: keep-alive\n");
}

TEST_F(AccessLog, ShowsTheCertificateOfTheClient) {
  ExchangeRecord record = download();
  record.certificate_subject = "CN=alice\n";
  record.certificate_fingerprint = "ab12";
  EXPECT_NE(
      formatted(AccessFormat::transfer, record)
          .find("54321\n[2024-03-15 10:30:00] [Thread-1] Client certificate: CN=alice\\x0a (SHA-256 ab12)\n"),
      std::string::npos);
  EXPECT_NE(formatted(AccessFormat::json, record)
                .find(R"(,"certificate_subject":"CN=alice\u000a","certificate_sha256":"ab12")"),
            std::string::npos);
}

TEST_F(AccessLog, NamesTheClientAndTheProxyThatHasNamedIt) {
  ExchangeRecord record = download();
  record.origin.peer = record.origin.client;
  record.origin.client = {.address = {203, 0, 113, 7}};
  const auto has = [&](AccessFormat format, std::string_view text) {
    const std::string line = formatted(format, record);
    EXPECT_NE(line.find(text), std::string::npos) << line;
  };
  has(AccessFormat::transfer, "Connection from 203.0.113.7 through 127.0.0.1:54321\n");
  has(AccessFormat::common, "203.0.113.7 - - [");
  has(AccessFormat::json, R"(,"client":"203.0.113.7","peer":"127.0.0.1:54321","thread")");
  record.origin.exchange = 2;
  has(AccessFormat::transfer, "Connection: keep-alive, client: 203.0.113.7 through 127.0.0.1:54321\n");
}

TEST_F(AccessLog, AClientAtAUnixSocketHasANumber) {
  ExchangeRecord record = download();
  record.origin.client = {.family = Endpoint::Family::unix_socket, .port = 17};
  EXPECT_NE(formatted(AccessFormat::transfer, record).find("Connection from unix:17\n"), std::string::npos);
  EXPECT_TRUE(formatted(AccessFormat::common, record).starts_with("unix - - ["));
}

TEST_F(AccessLog, TransferTellsAnnouncedFromTransferred) {
  ExchangeRecord record = download();
  record.origin.exchange = 2;
  record.action = Action::sent_html;
  record.subject = "index.html";
  record.content_length_bytes = 1234;
  record.content_bytes = 1000;
  record.keeps_connection = false;
  EXPECT_EQ(formatted(AccessFormat::transfer, record),
            "[2024-03-15 10:30:00] [Thread-1] Request: GET /image.png HTTP/1.1\n"
            "[2024-03-15 10:30:00] [Thread-1] Host validation: localhost:8080 ✓\n"
            "[2024-03-15 10:30:00] [Thread-1] Sending HTML file: index.html (1234 bytes)\n"
            "[2024-03-15 10:30:00] [Thread-1] Response: 200 OK (1000 bytes transferred)\n"
            "[2024-03-15 10:30:00] [Thread-1] Connection: close, client: 127.0.0.1:54321\n");
}

TEST_F(AccessLog, TransferShowsAnUpload) {
  ExchangeRecord record = download();
  record.origin.exchange = 2;
  record.request_line = "POST /upload HTTP/1.1";
  record.action = Action::created_file;
  record.subject = "upload_20240315_103000_abc.json";
  record.status = 201;
  record.reason_phrase = "Created";
  record.content_bytes = 110;
  EXPECT_EQ(formatted(AccessFormat::transfer, record),
            "[2024-03-15 10:30:00] [Thread-1] Request: POST /upload HTTP/1.1\n"
            "[2024-03-15 10:30:00] [Thread-1] Host validation: localhost:8080 ✓\n"
            "[2024-03-15 10:30:00] [Thread-1] Created file: upload_20240315_103000_abc.json\n"
            "[2024-03-15 10:30:00] [Thread-1] Response: 201 Created (110 bytes transferred)\n"
            "[2024-03-15 10:30:00] [Thread-1] Connection: keep-alive, client: 127.0.0.1:54321\n");
}

TEST_F(AccessLog, TransferShowsAViolation) {
  ExchangeRecord record = download();
  record.origin.exchange = 2;
  record.host = "evil.com";
  record.host_verdict = Host::refused;
  record.violation = "Host mismatch (evil.com)";
  record.action = Action::none;
  record.status = 403;
  record.reason_phrase = "Forbidden";
  record.content_bytes = 310;
  record.keeps_connection = false;
  EXPECT_EQ(formatted(AccessFormat::transfer, record),
            "[2024-03-15 10:30:00] [Thread-1] Request: GET /image.png HTTP/1.1\n"
            "[2024-03-15 10:30:00] [Thread-1] Host validation: evil.com ✗\n"
            "[2024-03-15 10:30:00] [Thread-1] Security violation: Host mismatch (evil.com)\n"
            "[2024-03-15 10:30:00] [Thread-1] Response: 403 Forbidden (310 bytes transferred)\n"
            "[2024-03-15 10:30:00] [Thread-1] Connection: close, client: 127.0.0.1:54321\n");
}

TEST_F(AccessLog, TransferOmitsWhatIsNotKnown) {
  EXPECT_EQ(formatted(AccessFormat::transfer, timed_out()),
            "[2024-03-15 10:30:00] [Thread-1] Connection from [2001:db8::1]:9\n"
            "[2024-03-15 10:30:00] [Thread-1] Response: 408 Request Timeout (0 bytes transferred)\n"
            "[2024-03-15 10:30:00] [Thread-1] Connection: close\n");
}

TEST_F(AccessLog, TransferShowsAMissingHostAsADash) {
  ExchangeRecord record = timed_out();
  record.host_verdict = Host::refused;
  EXPECT_EQ(formatted(AccessFormat::transfer, record),
            "[2024-03-15 10:30:00] [Thread-1] Connection from [2001:db8::1]:9\n"
            "[2024-03-15 10:30:00] [Thread-1] Host validation: - ✗\n"
            "[2024-03-15 10:30:00] [Thread-1] Response: 408 Request Timeout (0 bytes transferred)\n"
            "[2024-03-15 10:30:00] [Thread-1] Connection: close\n");
}

// https://httpd.apache.org/docs/2.4/logs.html#accesslog
TEST_F(AccessLog, CommonIsApaches) {
  EXPECT_EQ(formatted(AccessFormat::common, download()),
            "127.0.0.1 - - [15/Mar/2024:10:30:00 -0330] \"GET /image.png HTTP/1.1\" 200 45678\n");
  EXPECT_EQ(formatted(AccessFormat::common, timed_out()),
            "2001:db8::1 - - [15/Mar/2024:10:30:00 -0330] \"-\" 408 -\n");
}

TEST_F(AccessLog, ShowsEveryIpv4Address) {
  ExchangeRecord record = download();
  for (std::size_t octet = 0; octet < 4; ++octet) {
    for (int value = 0; value < 256; ++value) {
      record.origin.client.address = {1, 20, 30, 255};
      record.origin.client.address[octet] = static_cast<std::uint8_t>(value);
      std::string numbers[] = {"1", "20", "30", "255"};
      numbers[octet] = std::to_string(value);
      const std::string want = numbers[0] + '.' + numbers[1] + '.' + numbers[2] + '.' + numbers[3];
      ASSERT_TRUE(formatted(AccessFormat::common, record).starts_with(want + " - - ["));
      ASSERT_NE(formatted(AccessFormat::json, record).find("\"client\":\"" + want + ":54321\""),
                std::string::npos);
    }
  }
}

TEST_F(AccessLog, CombinedIsApaches) {
  EXPECT_EQ(formatted(AccessFormat::combined, download()),
            "127.0.0.1 - - [15/Mar/2024:10:30:00 -0330] \"GET /image.png HTTP/1.1\" 200 45678 "
            "\"http://localhost:8080/\" \"curl/8.0\"\n");
  EXPECT_EQ(formatted(AccessFormat::combined, timed_out()),
            "2001:db8::1 - - [15/Mar/2024:10:30:00 -0330] \"-\" 408 - \"-\" \"-\"\n");
}

TEST_F(AccessLog, NamesTheUser) {
  ExchangeRecord record = download();
  record.user = "alice b\n";
  EXPECT_TRUE(formatted(AccessFormat::combined, record).starts_with("127.0.0.1 - alice\\x20b\\x0a [15/"));
  EXPECT_NE(formatted(AccessFormat::transfer, record).find("] User: alice b\\x0a\n"), std::string::npos);
  EXPECT_NE(formatted(AccessFormat::json, record).find(R"(,"user":"alice b\u000a","connection")"),
            std::string::npos);
}

TEST_F(AccessLog, JsonIsOneObjectWithItsKeysInOrder) {
  EXPECT_EQ(
      formatted(AccessFormat::json, download()),
      R"({"time":"2024-03-15T10:30:00.007-03:30","client":"127.0.0.1:54321","thread":"Thread-1","connection_id":"3-128","exchange_id":1,)"
      R"("request":"GET /image.png HTTP/1.1","method":"GET","protocol":"HTTP/1.1","host":"localhost:8080","status":200,"bytes":45678,)"
      R"("duration_us":1234,"referer":"http://localhost:8080/","user_agent":"curl/8.0","connection":"keep-alive"})"
      "\n");
}

TEST_F(AccessLog, JsonNamesProtocolTlsTraceIdAndSample) {
  ExchangeRecord record = download();
  record.tls = "TLSv1.3";
  record.request_id = "a-b.c:1_2";
  record.sample = 10;
  record.refused = "limit";
  record.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  record.span_id = "00f067aa0ba902b7";
  const auto has = [&](std::string_view text) {
    EXPECT_NE(formatted(AccessFormat::json, record).find(text), std::string::npos)
        << text << " in " << formatted(AccessFormat::json, record);
  };
  has(R"("method":"GET","protocol":"HTTP/1.1","tls":"TLSv1.3","host")");
  has(R"("exchange_id":1,"request_id":"a-b.c:1_2","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","request")");
  has(R"("connection":"keep-alive","sample":10,"refused":"limit"})");
  EXPECT_NE(formatted(AccessFormat::transfer, record).find("] Request id: a-b.c:1_2\n"), std::string::npos);
  record.request_line = "GET / HTTP/2.0";
  has(R"("method":"GET","protocol":"HTTP/2","tls")");
  record.request_line = "GET /";
  has(R"("method":"GET","tls")");
}

TEST_F(AccessLog, JsonNamesAStoredDocument) {
  ExchangeRecord record = download();
  record.action = Action::created_file;
  record.subject = "upload_20240315_103000_abc.json";
  EXPECT_NE(formatted(AccessFormat::json, record).find(R"("created":"upload_20240315_103000_abc.json")"),
            std::string::npos);
  record.action = Action::sent_binary;
  EXPECT_EQ(formatted(AccessFormat::json, record).find("\"created\":"), std::string::npos);
}

TEST_F(AccessLog, JsonOmitsAMethodNobodySentAndShowsWhatWasWrong) {
  ExchangeRecord record = timed_out();
  record.violation = "Missing Host header";
  record.detail = "A \"Host\" is needed.";
  EXPECT_EQ(
      formatted(AccessFormat::json, record),
      R"({"time":"2024-03-15T10:30:00.000-03:30","client":"[2001:db8::1]:9","thread":"Thread-1","connection_id":"10-1","exchange_id":1,)"
      R"("request":"","host":"","status":408,"bytes":0,"duration_us":0,"referer":"","user_agent":"",)"
      R"("connection":"close","violation":"Missing Host header","detail":"A \"Host\" is needed."})"
      "\n");
}

TEST_F(AccessLog, MonthsAreEnglish) {
  const struct {
    std::int64_t time;
    const char* want;
  } cases[] = {
      {1704110400, "[01/Jan/2024:08:30:00 -0330]"},
      {1719835200, "[01/Jul/2024:08:30:00 -0330]"},
      {1733054400, "[01/Dec/2024:08:30:00 -0330]"},
  };
  for (const auto& [time, want] : cases) {
    ExchangeRecord record = download();
    record.time = at(time);
    EXPECT_NE(formatted(AccessFormat::common, record).find(want), std::string::npos) << want;
  }
}

TEST_F(AccessLog, NoTextOfAClientMakesALine) {
  ExchangeRecord record = download();
  const std::string_view attack = "x\n[2024-03-15 10:30:00] [Thread-1] Response: 200 OK\r\x1b[2J\"\x80";
  record.request_line = record.host = record.subject = record.violation = record.referer = record.user_agent =
      record.user = attack;
  for (const auto& [format, lines] :
       {std::pair{AccessFormat::transfer, 8}, std::pair{AccessFormat::common, 1},
        std::pair{AccessFormat::combined, 1}, std::pair{AccessFormat::json, 1}}) {
    const std::string out = formatted(format, record);
    EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), lines) << out;
    EXPECT_EQ(out.back(), '\n');
    EXPECT_EQ(out.find_first_of("\r\x1b\x80"), std::string::npos) << out;
  }
  const std::string combined = formatted(AccessFormat::combined, record);
  EXPECT_EQ(std::count(combined.begin(), combined.end(), '"'), 6) << combined;
}

TEST_F(AccessLog, TextsMayBeLong) {
  const std::string text(kMostTextBytes, 'x');
  ExchangeRecord record = download();
  record.origin.exchange = 2;
  record.request_line = record.subject = record.referer = record.user_agent = text;
  EXPECT_EQ(formatted(AccessFormat::combined, record), "127.0.0.1 - - [15/Mar/2024:10:30:00 -0330] \"" +
                                                           text + "\" 200 45678 \"" + text + "\" \"" + text +
                                                           "\"\n");
  EXPECT_EQ(formatted(AccessFormat::transfer, record),
            "[2024-03-15 10:30:00] [Thread-1] Request: " + text +
                "\n"
                "[2024-03-15 10:30:00] [Thread-1] Host validation: localhost:8080 ✓\n"
                "[2024-03-15 10:30:00] [Thread-1] Sending binary file: " +
                text +
                " (45678 bytes)\n"
                "[2024-03-15 10:30:00] [Thread-1] Response: 200 OK (45678 bytes transferred)\n"
                "[2024-03-15 10:30:00] [Thread-1] Connection: keep-alive, client: 127.0.0.1:54321\n");
}

// A text of a megabyte in every field, of bytes that escaping makes longer by as much as it can.
TEST_F(AccessLog, NoTextMakesAnEntryTooLargeForTheLog) {
  for (const std::string_view bytes : {"x", "\x80", "\n", "\"", "\\", "\xC3", "\xE2\x80\xAE", "\xE4\xB8\xAD",
                                       "\xF0\x9F\x98\x80", "a\x80 \xF0\x9F\x98\x80\r"}) {
    std::string text;
    while (text.size() < 1'000'000) text += bytes;
    ExchangeRecord record = download();
    record.request_line = record.host = record.subject = record.violation = record.detail = record.referer =
        record.user_agent = record.user = text;
    for (const AccessFormat format :
         {AccessFormat::transfer, AccessFormat::common, AccessFormat::combined, AccessFormat::json}) {
      const std::string entry = formatted(format, record);
      EXPECT_LE(entry.size(), LogWriter::kMostEntryBytes);
      EXPECT_TRUE(is_utf8(entry));
      EXPECT_NE(entry.find(format == AccessFormat::json ? R"(,"cut":true})" : "(cut)"), std::string::npos);
      EXPECT_EQ(std::count(entry.begin(), entry.end(), '\n'), format == AccessFormat::transfer ? 8 : 1);
    }
  }
}

TEST_F(AccessLog, JsonSaysThatATextWasCutOnlyOfOneThatWas) {
  ExchangeRecord record = download();
  record.user_agent = "(cut)";
  EXPECT_EQ(formatted(AccessFormat::json, record).find("\"cut\":"), std::string::npos);
  const std::string longer(kMostTextBytes + 1, 'x');
  for (std::string_view ExchangeRecord::* text :
       {&ExchangeRecord::request_line, &ExchangeRecord::host, &ExchangeRecord::referer,
        &ExchangeRecord::user_agent, &ExchangeRecord::user, &ExchangeRecord::violation,
        &ExchangeRecord::detail}) {
    ExchangeRecord cut = record;
    cut.*text = longer;
    EXPECT_TRUE(formatted(AccessFormat::json, cut).ends_with(",\"cut\":true}\n"));
  }
}

// RFC 9636 §3 gives the offset 32 bits and no limit that a file must keep; the log gives its hours two
// digits.
TEST_F(AccessLog, AnAbsurdZoneDoesNoHarm) {
  using namespace std::string_literals;
  const TemporaryFolder folder;
  const std::string path = folder.path() / "zone";
  const std::string counts =
      "\0\0\0\0"s + "\0\0\0\0"s + "\0\0\0\0"s + "\0\0\0\0"s + "\0\0\0\1"s + "\0\0\0\4"s;
  std::ofstream(path) << "TZif"s + std::string(16, '\0') + counts + "\x00\x98\x96\x80\0\0"s + "ABS\0"s;
  ::setenv("TZ", (":" + path).c_str(), 1);
  ::tzset();
  ExchangeRecord record = download();
  record.time = at(kMoment + 2);  // a second that no other test has left formatted
  const std::string line = formatted(AccessFormat::common, record);
  SetUpTestSuite();
  // 10,000,000 s: 115 days and 17:46:40
  EXPECT_NE(line.find("[09/Jul/2024:07:46:42 +9959]"), std::string::npos) << line;
}

TEST_F(AccessLog, AppendsToWhatIsThere) {
  std::string out = "before\n";
  format_exchange(out, AccessFormat::common, timed_out(), "Thread-1");
  EXPECT_EQ(out, "before\n2001:db8::1 - - [15/Mar/2024:10:30:00 -0330] \"-\" 408 -\n");
}

}  // namespace
}  // namespace bobbin::observe
