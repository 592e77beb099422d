#include "observe/message.h"

#include "observe/escape.h"
#include "observe/line_builder.h"
#include "observe/line_parts.h"

namespace bobbin::observe {
namespace {

void add_text(LineBuilder& line, const Message& message, bool is_timed) {
  is_timed ? add_line_start(line, message.time, message.thread_name) : add_thread(line, message.thread_name);
  add_escaped(line, message.text);
  if (message.origin != nullptr) {
    line.add(", client: ");
    add_client(line, *message.origin);
  }
  line.add('\n');
}

void add_json(LineBuilder& line, const Message& message) {
  line.add(R"({"time":")");
  add_json_time(line, message.time);
  line.add(R"(","level":")");
  line.add(name_of(level_of(message.event)));
  line.add(R"(","event":")");
  line.add(name_of(message.event));
  line.add('"');
  if (!message.thread_name.empty()) {
    line.add(R"(,"thread":")");
    line.add(message.thread_name);
    line.add('"');
  }
  if (message.origin != nullptr) {
    line.add(',');
    add_json_client(line, *message.origin);
    add_json_ids(line, *message.origin);
  }
  line.add(R"(,"message":)");
  if (!add_json_string(line, message.text)) line.add(R"(,"cut":true)");
  line.add("}\n");
}

}  // namespace

void append_message(std::string& out, MessageFormat format, const Message& message) {
  LineBuilder line;
  format == MessageFormat::json ? add_json(line, message)
                                : add_text(line, message, format == MessageFormat::text);
  out += line.text();
}

}  // namespace bobbin::observe
