#include "observe/syslog_entry.h"

#include "observe/line_builder.h"
#include "observe/line_parts.h"
#include "observe/severity.h"

namespace bobbin::observe {
namespace {

constexpr int kDaemon = 3;  // RFC 5424 §6.2.1

/// "<30>1 2024-03-15T10:30:00.007+01:00 host bobbin 123 pool_status - "; there are no structured data.
void append_header(std::string& out, LogLevel level, WallTime time, std::string_view origin,
                   std::string_view event) {
  LineBuilder line;
  line.add('<');
  line.add_number(kDaemon * 8 + severity_of(level));
  line.add(">1 ");
  add_json_time(line, time);
  line.add(' ');
  line.add(origin);
  line.add(' ');
  line.add(event);
  line.add(" - ");
  out += line.text();
}

}  // namespace

void append_syslog_entry(std::string& out, MessageFormat format, std::string_view origin,
                         const Message& message) {
  append_header(out, level_of(message.event), message.time, origin, name_of(message.event));
  append_message(out, format == MessageFormat::text ? MessageFormat::untimed : format, message);
}

void append_syslog_entry(std::string& out, AccessFormat format, std::string_view origin,
                         const ExchangeRecord& record, std::string_view thread_name) {
  append_header(out, LogLevel::info, record.time, origin, "exchange");
  format_exchange(out, format == AccessFormat::transfer ? AccessFormat::combined : format, record,
                  thread_name);
}

}  // namespace bobbin::observe
