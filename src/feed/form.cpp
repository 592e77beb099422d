#include "feed/form.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <utility>

#include "base/utc_time.h"
#include "http/accept.h"
#include "http/media_type.h"
#include "json/object.h"

namespace bobbin::feed {
namespace {

constexpr std::array kForms = {Form::cloud_events, Form::lines, Form::events, Form::sequence};

std::string_view without_line_feed(std::string_view text) {
  text.remove_suffix(text.ends_with('\n') ? 1 : 0);
  return text;
}

/// The Content-Type with which a record was sent. Empty: none, or one that is malformed.
std::string content_type_of(const WholeRecord& whole) {
  // Within a string the quotation marks would have backslashes before them.
  constexpr std::string_view kName = "[\"content-type\",";
  const std::string_view head = whole.head();
  const std::size_t name = head.find(kName);
  if (name == std::string_view::npos) return {};
  const std::size_t begin = name + kName.size();
  std::size_t end = begin + 1;
  while (end < head.size() && head[end] != '"') end += head[end] == '\\' ? 2 : 1;
  const auto object =
      json::Object::parse(fmt::format("{{\"type\":{}}}", head.substr(begin, end + 1 - begin)));
  const auto type = object ? object->text("type") : std::nullopt;
  return type && http::is_media_type(*type) ? *type : std::string{};
}

/// json-format.md, §3.1: what is no JSON is a member of another name.
void append_data(std::string& out, const WholeRecord& whole) {
  const bool is_binary = whole.record().is_binary;
  const std::string type = is_binary ? content_type_of(whole) : "application/json";
  if (!type.empty()) {
    out += R"("datacontenttype":)";
    json::append_string(out, type);
    out += ',';
  }
  out.append(is_binary ? R"("data_base64":)" : R"("data":)").append(whole.body()).append("}");
}

/// https://github.com/cloudevents/spec, v1.0: json-format.md, and extensions/sequence.md, which wants texts
/// whose order is that of the events.
void append_cloud_event(std::string& out, const WholeRecord& whole, std::string_view source) {
  const journal::Record& record = whole.record();
  out += R"({"specversion":"1.0","id":)";
  json::append_string(out, record.id);
  fmt::format_to(std::back_inserter(out),
                 R"(,"source":"{}","type":"bobbin.document","time":"{}",)"
                 R"("sequence":"{:020}",)",
                 source, utc_text(record.received), record.sequence);
  append_data(out, whole);
}

/// A line feed or a carriage return can only stand between the tokens of a JSON text, where a blank means the
/// same.
void append_line(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  out += without_line_feed(text);
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(begin), out.end(),
      [](char c) { return c == '\n' || c == '\r'; }, ' ');
  out += '\n';
}

/// HTML §9.2.6: a line ends with CR, LF or both, and each is a field of its own.
void append_event(std::string& out, const WholeRecord& whole) {
  fmt::format_to(std::back_inserter(out), "id: {}\n", whole.record().sequence);
  std::string_view rest = without_line_feed(whole.text());
  while (true) {
    const std::size_t end = rest.find_first_of("\r\n");
    out.append("data: ").append(rest.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + (rest.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  out += '\n';
}

}  // namespace

std::string_view media_type_of(Form form) {
  switch (form) {
    case Form::cloud_events: return "application/cloudevents-batch+json";
    case Form::lines: return "application/x-ndjson";
    case Form::events: return "text/event-stream";
    case Form::sequence: break;
  }
  return "application/json-seq";
}

std::optional<Form> form_for(const http::RequestHead& head) {
  std::optional<Form> best;
  int best_weight = 0;
  for (const Form form : kForms) {
    const auto weight = http::weight_of(head, media_type_of(form));
    if (!weight) return Form::cloud_events;
    if (*weight <= best_weight) continue;
    best = form;
    best_weight = *weight;
  }
  return best;
}

std::string_view beginning_of(Form form) {
  switch (form) {
    case Form::cloud_events: return "[";
    case Form::events: return "retry: 1000\n\n";
    case Form::lines:
    case Form::sequence: break;
  }
  return "";
}

std::string_view end_of(Form form) { return form == Form::cloud_events ? "]\n" : ""; }

void append_record(std::string& out, Form form, const WholeRecord& whole, std::string_view source,
                   bool is_first) {
  switch (form) {
    case Form::cloud_events:
      if (!is_first) out += ",\n";
      return append_cloud_event(out, whole, source);
    case Form::lines: return append_line(out, whole.text());
    case Form::events: return append_event(out, whole);
    case Form::sequence: out += whole.entry();
  }
}

}  // namespace bobbin::feed
