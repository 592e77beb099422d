#include "observe/access_log.h"

#include <concepts>

#include "observe/escape.h"
#include "observe/line_builder.h"
#include "observe/line_parts.h"
#include "observe/local_time.h"

namespace bobbin::observe {
namespace {

std::string_view connection_word(const ExchangeRecord& record) {
  return record.keeps_connection ? "keep-alive" : "close";
}

/// The file's part in the exchange: "Sending HTML file: index.html (1234 bytes)".
void add_action(LineBuilder& line, const ExchangeRecord& record) {
  using Action = ExchangeRecord::Action;
  if (record.action == Action::created_file) {
    line.add("Created file: ");
    add_escaped(line, record.subject);
    return;
  }
  line.add(record.action == Action::sent_html ? "Sending HTML file: " : "Sending binary file: ");
  add_escaped(line, record.subject);
  line.add(" (");
  line.add_number(record.content_length_bytes);
  line.add(" bytes)");
}

void add_host(LineBuilder& line, const ExchangeRecord& record) {
  line.add("Host validation: ");
  add_escaped(line, record.host.empty() ? "-" : record.host);
  line.add(record.host_verdict == ExchangeRecord::Host::accepted ? " ✓" : " ✗");
}

void add_response(LineBuilder& line, const ExchangeRecord& record) {
  line.add("Response: ");
  line.add_number(record.status);
  line.add(' ');
  add_escaped(line, record.reason_phrase);
  line.add(" (");
  line.add_number(record.content_bytes);
  line.add(" bytes transferred)");
}

/// `block` is empty.
void add_transfer(LineBuilder& block, const ExchangeRecord& record, std::string_view thread_name) {
  add_line_start(block, record.time, thread_name);
  const std::size_t start_bytes = block.size();
  const auto line = [&](auto add_message) {
    if (block.size() > start_bytes) block.repeat_front(start_bytes);
    add_message();
    block.add('\n');
  };
  const bool names_client = record.origin.exchange == 1;
  if (names_client) {
    line([&] {
      block.add("Connection from ");
      add_client(block, record.origin);
    });
  }
  if (!record.certificate_fingerprint.empty()) {
    line([&] {
      block.add("Client certificate: ");
      add_escaped(block, record.certificate_subject);
      block.add(" (SHA-256 ");
      block.add(record.certificate_fingerprint);
      block.add(')');
    });
  }
  if (!record.user.empty()) {
    line([&] {
      block.add("User: ");
      add_escaped(block, record.user);
    });
  }
  if (!record.request_line.empty()) {
    line([&] {
      block.add("Request: ");
      add_escaped(block, record.request_line);
    });
  }
  if (!record.request_id.empty()) {
    line([&] {
      block.add("Request id: ");
      block.add(record.request_id);
    });
  }
  if (record.host_verdict != ExchangeRecord::Host::unchecked) line([&] { add_host(block, record); });
  if (!record.violation.empty()) {
    line([&] {
      block.add("Security violation: ");
      add_escaped(block, record.violation);
    });
  }
  if (record.action != ExchangeRecord::Action::none) line([&] { add_action(block, record); });
  line([&] { add_response(block, record); });
  line([&] {
    block.add("Connection: ");
    block.add(connection_word(record));
    if (names_client) return;
    block.add(", client: ");
    add_client(block, record.origin);
  });
}

/// A name with its blanks and quotes escaped too, since a blank would end the column.
void add_user(LineBuilder& line, std::string_view user) {
  if (user.empty()) return line.add('-');
  LineBuilder escaped;
  add_escaped(escaped, user);
  for (const char c : escaped.text())
    if (c == ' ')
      line.add("\\x20");
    else if (c == '"')
      line.add("\\x22");
    else
      line.add(c);
}

/// %h %l %u %t "%r" %>s %b
void add_common_fields(LineBuilder& line, const ExchangeRecord& record) {
  add_address(line, record.origin.client);
  line.add(" - ");
  add_user(line, record.user);
  line.add(' ');
  line.add(text_of(local_second(record.time).apache));
  line.add(' ');
  add_quoted(line, record.request_line);
  line.add(' ');
  line.add_number(record.status);
  line.add(' ');
  if (record.content_bytes == 0) {
    line.add('-');
  } else {
    line.add_number(record.content_bytes);
  }
}

/// Apache's common log format.
void add_common(LineBuilder& line, const ExchangeRecord& record) {
  add_common_fields(line, record);
  line.add('\n');
}

/// Apache's combined log format: common, then "%{Referer}i" "%{User-agent}i".
void add_combined(LineBuilder& line, const ExchangeRecord& record) {
  add_common_fields(line, record);
  line.add(' ');
  add_quoted(line, record.referer);
  line.add(' ');
  add_quoted(line, record.user_agent);
  line.add('\n');
}

void add_json(LineBuilder& line, const ExchangeRecord& record, std::string_view thread_name) {
  bool is_whole = true;
  const auto text = [&](std::string_view key, std::string_view value) {
    line.add(key);
    is_whole &= add_json_string(line, value);
  };
  // What is there or not, and has nothing to be escaped.
  const auto name = [&](std::string_view key, std::string_view value) {
    if (value.empty()) return;
    line.add(key);
    line.add(value);
    line.add('"');
  };
  const auto number = [&](std::string_view key, std::integral auto value) {
    line.add(key);
    line.add_number(value);
  };
  line.add(R"({"time":")");
  add_json_time(line, record.time);
  line.add(R"(",)");
  add_json_client(line, record.origin);
  text(R"(,"thread":)", thread_name);
  add_json_ids(line, record.origin);
  name(R"(,"request_id":")", record.request_id);
  name(R"(,"trace_id":")", record.trace_id);
  name(R"(,"span_id":")", record.span_id);
  text(R"(,"request":)", record.request_line);
  if (!record.request_line.empty()) {
    text(R"(,"method":)", method_of(record.request_line));
    name(R"(,"protocol":")", protocol_of(record.request_line));
  }
  name(R"(,"tls":")", record.tls);
  text(R"(,"host":)", record.host);
  number(R"(,"status":)", record.status);
  number(R"(,"bytes":)", record.content_bytes);
  number(R"(,"duration_us":)", record.duration / std::chrono::microseconds(1));
  text(R"(,"referer":)", record.referer);
  text(R"(,"user_agent":)", record.user_agent);
  if (!record.user.empty()) text(R"(,"user":)", record.user);
  text(R"(,"connection":)", connection_word(record));
  if (record.action == ExchangeRecord::Action::created_file) text(R"(,"created":)", record.subject);
  if (!record.certificate_fingerprint.empty()) {
    text(R"(,"certificate_subject":)", record.certificate_subject);
    text(R"(,"certificate_sha256":)", record.certificate_fingerprint);
  }
  if (record.sample > 1) number(R"(,"sample":)", record.sample);
  name(R"(,"refused":")", record.refused);
  if (!record.violation.empty()) text(R"(,"violation":)", record.violation);
  if (!record.detail.empty()) text(R"(,"detail":)", record.detail);
  if (!is_whole) line.add(R"(,"cut":true)");
  line.add("}\n");
}

}  // namespace

void format_exchange(std::string& out, AccessFormat format, const ExchangeRecord& record,
                     std::string_view thread_name) {
  LineBuilder line;
  switch (format) {
    case AccessFormat::transfer: add_transfer(line, record, thread_name); break;
    case AccessFormat::common: add_common(line, record); break;
    case AccessFormat::combined: add_combined(line, record); break;
    case AccessFormat::json: add_json(line, record, thread_name); break;
  }
  out += line.text();
}

}  // namespace bobbin::observe
