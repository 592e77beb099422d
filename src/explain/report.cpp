#include "explain/report.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <string_view>
#include <utility>

#include "observe/access_log.h"
#include "observe/escape.h"

namespace bobbin::explain {
namespace {

constexpr std::string_view kDependsOnContent =
    "the head is accepted, and the content of the request decides about the answer";
constexpr std::string_view kNoAnswer = "there was none before the server gave up";

/// What a client or a disk has named, so that it cannot steer a terminal.
std::string printable(std::string_view text) {
  std::string result;
  observe::append_escaped(result, text);
  return result;
}

void append_line(std::string& text, std::string_view about, std::string_view what) {
  fmt::format_to(std::back_inserter(text), "{:<10} {}\n", about, printable(what));
}

std::string_view without_answer(const Explanation& explanation) {
  return explanation.depends_on_content ? kDependsOnContent : kNoAnswer;
}

void append_string(std::string& text, std::string_view name, std::string_view value) {
  fmt::format_to(std::back_inserter(text), "\"{}\":", name);
  static_cast<void>(observe::append_json_string(text, value));
}

/// Calls `act(name, value)` for each field line of a head.
template <typename Act>
void for_each_field(std::string_view head, Act act) {
  head.remove_prefix(std::min(head.find("\r\n") + 2, head.size()));
  while (!head.empty() && !head.starts_with("\r\n")) {
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const std::size_t colon = line.find(": ");
    act(line.substr(0, colon), line.substr(colon + 2));
    head.remove_prefix(line.size() + 2);
  }
}

}  // namespace

std::string as_text(const Explanation& explanation) {
  std::string text;
  for (const Decision& each : explanation.decisions) append_line(text, each.about, each.text);
  if (explanation.head.empty()) {
    append_line(text, "answer", without_answer(explanation));
    return text;
  }
  text += '\n';
  for (const char c : explanation.head)
    if (c != '\r') text += c;
  text.pop_back();  // the empty line
  return text;
}

std::string as_json(const Explanation& explanation) {
  std::string text = "{\"decisions\":[";
  for (const Decision& each : explanation.decisions) {
    text += each == explanation.decisions.front() ? "{" : ",{";
    append_string(text, "about", each.about);
    text += ',';
    append_string(text, "text", each.text);
    text += '}';
  }
  const std::string_view head = explanation.head;
  const std::string_view status = head.empty() ? "null" : head.substr(head.find(' ') + 1, 3);
  fmt::format_to(std::back_inserter(text), "],\"status\":{},\"fields\":[", status);
  bool is_first = true;
  for_each_field(head, [&](std::string_view name, std::string_view value) {
    text += std::exchange(is_first, false) ? "{" : ",{";
    append_string(text, "name", name);
    text += ',';
    append_string(text, "value", value);
    text += '}';
  });
  return text + "]}\n";
}

}  // namespace bobbin::explain
