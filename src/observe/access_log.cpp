#include "observe/access_log.h"

#include <charconv>
#include <concepts>

#include "observe/escape.h"
#include "observe/local_time.h"

namespace bobbin::observe {
namespace {

void append_number(std::string& out, std::integral auto value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// As Endpoint::text, but without a string on the heap for an IPv4 address.
void append_endpoint(std::string& out, const Endpoint& endpoint) {
  const bool is_ipv6 = endpoint.family == Endpoint::Family::ipv6;
  if (is_ipv6) out += '[';
  out += endpoint.address_text();
  if (is_ipv6) out += ']';
  out += ':';
  append_number(out, endpoint.port);
}

std::string_view connection_word(const ExchangeRecord& record) {
  return record.keeps_connection ? "keep-alive" : "close";
}

/// The file's part in the exchange: "Sending HTML file: index.html (1234 bytes)".
void append_action(std::string& out, const ExchangeRecord& record) {
  using Action = ExchangeRecord::Action;
  if (record.action == Action::created_file) {
    out += "Created file: ";
    append_escaped(out, record.subject);
    return;
  }
  out += record.action == Action::sent_html ? "Sending HTML file: " : "Sending binary file: ";
  append_escaped(out, record.subject);
  out += " (";
  append_number(out, record.content_length_bytes);
  out += " bytes)";
}

void append_host(std::string& out, const ExchangeRecord& record) {
  out += "Host validation: ";
  append_escaped(out, record.host.empty() ? "-" : record.host);
  out += record.host_verdict == ExchangeRecord::Host::accepted ? " ✓" : " ✗";
}

void append_response(std::string& out, const ExchangeRecord& record) {
  out += "Response: ";
  append_number(out, record.status);
  out += ' ';
  append_escaped(out, record.reason_phrase);
  out += " (";
  append_number(out, record.content_bytes);
  out += " bytes transferred)";
}

void format_transfer(std::string& out, const ExchangeRecord& record, std::string_view thread_name) {
  const auto line = [&](auto append_message) {
    append_line_start(out, record.time, thread_name);
    append_message();
    out += '\n';
  };
  if (record.first_on_connection) {
    line([&] {
      out += "Connection from ";
      append_endpoint(out, record.peer);
    });
  }
  if (!record.request_line.empty()) {
    line([&] {
      out += "Request: ";
      append_escaped(out, record.request_line);
    });
  }
  if (record.host_verdict != ExchangeRecord::Host::unchecked) line([&] { append_host(out, record); });
  if (!record.violation.empty()) {
    line([&] {
      out += "Security violation: ";
      append_escaped(out, record.violation);
    });
  }
  if (record.action != ExchangeRecord::Action::none) line([&] { append_action(out, record); });
  line([&] { append_response(out, record); });
  line([&] {
    out += "Connection: ";
    out += connection_word(record);
  });
}

/// Apache's common log format: %h %l %u %t "%r" %>s %b, without the line's end.
void append_common(std::string& out, const ExchangeRecord& record) {
  out += record.peer.address_text();
  out += " - - ";
  out += local_second(record.time).apache;
  out += ' ';
  append_quoted(out, record.request_line);
  out += ' ';
  append_number(out, record.status);
  out += ' ';
  if (record.content_bytes == 0) {
    out += '-';
  } else {
    append_number(out, record.content_bytes);
  }
}

/// Apache's combined log format: common, then "%{Referer}i" "%{User-agent}i".
void append_combined(std::string& out, const ExchangeRecord& record) {
  append_common(out, record);
  out += ' ';
  append_quoted(out, record.referer);
  out += ' ';
  append_quoted(out, record.user_agent);
}

void append_json_time(std::string& out, WallTime time) {
  const LocalSecond& second = local_second(time);
  const auto thousandths = (time - std::chrono::floor<seconds>(time)) / milliseconds(1);
  out += second.date;
  out += '.';
  for (const int digit : {100, 10, 1}) out += static_cast<char>('0' + thousandths / digit % 10);
  out += second.offset;
}

void append_json(std::string& out, const ExchangeRecord& record, std::string_view thread_name) {
  const auto text = [&](std::string_view key, std::string_view value) {
    out += key;
    append_json_string(out, value);
  };
  const auto number = [&](std::string_view key, std::integral auto value) {
    out += key;
    append_number(out, value);
  };
  out += R"({"time":")";
  append_json_time(out, record.time);
  out += R"(","client":")";
  append_endpoint(out, record.peer);
  text(R"(","thread":)", thread_name);
  text(R"(,"request":)", record.request_line);
  if (!record.request_line.empty()) {
    text(R"(,"method":)", record.request_line.substr(0, record.request_line.find(' ')));
  }
  text(R"(,"host":)", record.host);
  number(R"(,"status":)", record.status);
  number(R"(,"bytes":)", record.content_bytes);
  number(R"(,"duration_us":)", record.duration / std::chrono::microseconds(1));
  text(R"(,"referer":)", record.referer);
  text(R"(,"user_agent":)", record.user_agent);
  text(R"(,"connection":)", connection_word(record));
  if (!record.violation.empty()) text(R"(,"violation":)", record.violation);
  out += '}';
}

}  // namespace

void format_exchange(std::string& out, AccessFormat format, const ExchangeRecord& record,
                     std::string_view thread_name) {
  switch (format) {
    case AccessFormat::transfer: return format_transfer(out, record, thread_name);
    case AccessFormat::common: append_common(out, record); break;
    case AccessFormat::combined: append_combined(out, record); break;
    case AccessFormat::json: append_json(out, record, thread_name); break;
  }
  out += '\n';
}

void append_timestamp(std::string& out, WallTime time) { out += local_second(time).line; }

void append_line_start(std::string& out, WallTime time, std::string_view thread_name) {
  append_timestamp(out, time);
  if (thread_name.empty()) return;
  out += '[';
  out += thread_name;
  out += "] ";
}

}  // namespace bobbin::observe
