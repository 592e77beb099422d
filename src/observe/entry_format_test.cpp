#include "observe/entry_format.h"

#include <algorithm>
#include <gtest/gtest.h>

#include "observe/test_time.h"

namespace bobbin::observe {
namespace {

class EntryFormatTest : public TestInLocalTime {
 protected:
  static std::string message_in(const EntryFormat& format, const Message& message) {
    std::string out;
    format.append(out, message);
    return out;
  }
  static std::string exchange_in(const EntryFormat& format, AccessFormat access,
                                 const ExchangeRecord& record) {
    std::string out;
    format.append(out, access, record, "Thread-1");
    return out;
  }

  const Origin origin_{
      .worker = 3, .connection = 128, .exchange = 2, .client = {.port = 54321, .address = {127, 0, 0, 1}}};
  const Message message_{.time = at(kMoment, 7),
                         .event = Event::tls_failed,
                         .thread_name = "Thread-3",
                         .text = "TLS failed:\nno",
                         .origin = &origin_};
  const EntryFormat journal_{.framing = Framing::journal};
  const EntryFormat syslog_{.framing = Framing::syslog, .origin = "host bobbin 17"};
};

std::string with_line_ends(std::string entry) {
  std::ranges::replace(entry, kFieldEnd, '\n');
  return entry;
}

// systemd, Native Journal Protocol; the names are those of systemd.journal-fields(7), and our own.
TEST_F(EntryFormatTest, TheJournalHasFields) {
  EXPECT_EQ(with_line_ends(message_in(journal_, message_)),
            "PRIORITY=4\nSYSLOG_IDENTIFIER=bobbin\nBOBBIN_EVENT=tls_failed\n"
            "MESSAGE=TLS failed:\\x0ano, client: 127.0.0.1:54321\nBOBBIN_THREAD=Thread-3\n"
            "BOBBIN_CLIENT=127.0.0.1:54321\nBOBBIN_CONNECTION_ID=3-128\nBOBBIN_EXCHANGE_ID=2\n\n");
  EXPECT_EQ(with_line_ends(message_in(journal_, {.event = Event::sync_failed, .text = "x"})),
            "PRIORITY=3\nSYSLOG_IDENTIFIER=bobbin\nBOBBIN_EVENT=sync_failed\nMESSAGE=x\n\n");
}

TEST_F(EntryFormatTest, OnlyTheEndOfAnEntryOfTheJournalIsALineEnd) {
  ExchangeRecord record;
  record.request_line = "GET /\n\x1f HTTP/1.1";
  record.user_agent = "a\x1f\nPRIORITY=0";
  const std::string entry = exchange_in(journal_, AccessFormat::transfer, record);
  EXPECT_EQ(entry.find('\n'), entry.size() - 1);
  EXPECT_NE(entry.find("BOBBIN_USER_AGENT=a\\x1f\\x0aPRIORITY=0\x1f"), std::string::npos) << entry;
}

TEST_F(EntryFormatTest, TheJournalLeavesOutWhatIsNotKnown) {
  ExchangeRecord record;
  record.status = 408;
  record.reason_phrase = "Request Timeout";
  record.origin = origin_;
  EXPECT_EQ(with_line_ends(exchange_in(journal_, AccessFormat::json, record)),
            "PRIORITY=6\nSYSLOG_IDENTIFIER=bobbin\nBOBBIN_EVENT=exchange\n"
            "MESSAGE=-: 408 Request Timeout, 0 bytes, client: 127.0.0.1:54321\nBOBBIN_THREAD=Thread-1\n"
            "BOBBIN_CLIENT=127.0.0.1:54321\nBOBBIN_CONNECTION_ID=3-128\nBOBBIN_EXCHANGE_ID=2\n"
            "BOBBIN_STATUS=408\nBOBBIN_BYTES=0\nBOBBIN_DURATION_US=0\n\n");
}

// RFC 5424 §6: facility daemon (3), severity warning (4), so 3 * 8 + 4.
TEST_F(EntryFormatTest, SyslogHasAHeaderAndNoSecondTime) {
  EXPECT_EQ(message_in(syslog_, message_),
            "<28>1 2024-03-15T10:30:00.007-03:30 host bobbin 17 tls_failed - "
            "[Thread-3] TLS failed:\\x0ano, client: 127.0.0.1:54321\n");
}

TEST_F(EntryFormatTest, SyslogHasObjectsInsteadWhereTheyAreAskedFor) {
  EntryFormat format = syslog_;
  format.messages = MessageFormat::json;
  EXPECT_TRUE(message_in(format, message_)
                  .starts_with("<28>1 2024-03-15T10:30:00.007-03:30 host bobbin 17 tls_failed - {\"time\":"));
}

TEST_F(EntryFormatTest, SyslogHasOneLineForAnExchange) {
  ExchangeRecord record;
  record.time = at(kMoment, 7);
  record.origin = origin_;
  record.request_line = "GET / HTTP/1.1";
  record.status = 200;
  for (const AccessFormat access : {AccessFormat::transfer, AccessFormat::combined})
    EXPECT_EQ(exchange_in(syslog_, access, record),
              "<30>1 2024-03-15T10:30:00.007-03:30 host bobbin 17 exchange - 127.0.0.1 - - "
              "[15/Mar/2024:10:30:00 -0330] \"GET / HTTP/1.1\" 200 - \"-\" \"-\"\n");
}

}  // namespace
}  // namespace bobbin::observe
