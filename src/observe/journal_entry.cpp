#include "observe/journal_entry.h"

#include <charconv>
#include <concepts>

#include "observe/entry_format.h"
#include "observe/escape.h"
#include "observe/line_builder.h"
#include "observe/line_parts.h"
#include "observe/severity.h"

namespace bobbin::observe {
namespace {

/// One entry in the making.
class Entry {
 public:
  Entry(LogLevel level, std::string_view event) {
    number("PRIORITY", severity_of(level));
    text("SYSLOG_IDENTIFIER", "bobbin");
    text("BOBBIN_EVENT", event);
  }

  /// Without a value there is no field.
  void text(std::string_view name, std::string_view value) {
    if (!value.empty()) field(name, [&] { add_escaped(line_, value); });
  }
  void number(std::string_view name, std::integral auto value) {
    field(name, [&] { line_.add_number(value); });
  }
  template <typename AddValue>
  void field(std::string_view name, AddValue add_value) {
    line_.add(name);
    line_.add('=');
    add_value();
    line_.add(kFieldEnd);
  }
  void origin(const Origin& origin) {
    field("BOBBIN_CLIENT", [&] { add_endpoint(line_, origin.client); });
    if (origin.peer) field("BOBBIN_PEER", [&] { add_endpoint(line_, *origin.peer); });
    if (origin.connection == 0) return;
    field("BOBBIN_CONNECTION_ID", [&] {
      line_.add_number(origin.worker);
      line_.add('-');
      line_.add_number(origin.connection);
    });
    if (origin.exchange != 0) number("BOBBIN_EXCHANGE_ID", origin.exchange);
  }
  [[nodiscard]] LineBuilder& line() { return line_; }
  void append_to(std::string& out) {
    line_.add('\n');
    out += line_.text();
  }

 private:
  LineBuilder line_;
};

/// "GET / HTTP/1.1: 200 OK, 1234 bytes, client: 127.0.0.1:54321"
void add_summary(LineBuilder& line, const ExchangeRecord& record) {
  add_escaped(line, record.request_line.empty() ? "-" : record.request_line);
  line.add(": ");
  line.add_number(record.status);
  line.add(' ');
  add_escaped(line, record.reason_phrase);
  line.add(", ");
  line.add_number(record.content_bytes);
  line.add(" bytes, client: ");
  add_client(line, record.origin);
}

}  // namespace

void append_journal_entry(std::string& out, const Message& message) {
  Entry entry(level_of(message.event), name_of(message.event));
  entry.field("MESSAGE", [&] {
    add_escaped(entry.line(), message.text);
    if (message.origin == nullptr) return;
    entry.line().add(", client: ");
    add_client(entry.line(), *message.origin);
  });
  entry.text("BOBBIN_THREAD", message.thread_name);
  if (message.origin != nullptr) entry.origin(*message.origin);
  entry.append_to(out);
}

void append_journal_entry(std::string& out, const ExchangeRecord& record, std::string_view thread_name) {
  Entry entry(LogLevel::info, "exchange");
  entry.field("MESSAGE", [&] { add_summary(entry.line(), record); });
  entry.text("BOBBIN_THREAD", thread_name);
  entry.origin(record.origin);
  entry.text("BOBBIN_REQUEST", record.request_line);
  entry.text("BOBBIN_METHOD", method_of(record.request_line));
  entry.text("BOBBIN_PROTOCOL", protocol_of(record.request_line));
  entry.text("BOBBIN_HOST", record.host);
  entry.number("BOBBIN_STATUS", record.status);
  entry.number("BOBBIN_BYTES", record.content_bytes);
  entry.number("BOBBIN_DURATION_US", record.duration / std::chrono::microseconds(1));
  entry.text("BOBBIN_TLS", record.tls);
  entry.text("BOBBIN_REQUEST_ID", record.request_id);
  entry.text("BOBBIN_TRACE_ID", record.trace_id);
  entry.text("BOBBIN_SPAN_ID", record.span_id);
  entry.text("BOBBIN_REFERER", record.referer);
  entry.text("BOBBIN_USER_AGENT", record.user_agent);
  entry.text("BOBBIN_USER", record.user);
  entry.text("BOBBIN_CERTIFICATE_SUBJECT", record.certificate_subject);
  entry.text("BOBBIN_CERTIFICATE_SHA256", record.certificate_fingerprint);
  if (record.action == ExchangeRecord::Action::created_file) entry.text("BOBBIN_CREATED", record.subject);
  entry.text("BOBBIN_REFUSED", record.refused);
  entry.text("BOBBIN_VIOLATION", record.violation);
  entry.text("BOBBIN_DETAIL", record.detail);
  if (record.sample > 1) entry.number("BOBBIN_SAMPLE", record.sample);
  entry.append_to(out);
}

}  // namespace bobbin::observe
