#include "doctor/finding.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <string_view>

#include "observe/access_log.h"
#include "observe/escape.h"

namespace bobbin::doctor {
namespace {

using Severity = Finding::Severity;

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::fine: return "fine";
    case Severity::advice: return "advice";
    case Severity::problem: return "problem";
  }
  return {};
}

std::string counted(std::ptrdiff_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

void append_member(std::string& json, std::string_view name, std::string_view value) {
  if (json.back() != '{') json += ',';
  fmt::format_to(std::back_inserter(json), "\"{}\":", name);
  static_cast<void>(observe::append_json_string(json, value));
}

}  // namespace

bool has_problem(const Findings& findings) {
  return std::ranges::find(findings, Severity::problem, &Finding::severity) != findings.end();
}

std::string as_text(const Findings& findings) {
  std::string text;
  for (const Finding& each : findings) {
    std::string line;
    for (const std::string_view part :
         {std::string_view(each.about), std::string_view(": "), std::string_view(each.text)})
      observe::append_escaped(line, part);
    fmt::format_to(std::back_inserter(text), "{:<8} {}\n", name_of(each.severity), line);
    if (each.remedy.empty()) continue;
    std::string remedy;
    observe::append_escaped(remedy, each.remedy);
    fmt::format_to(std::back_inserter(text), "         > {}\n", remedy);
  }
  const auto count = [&](Severity severity) {
    return std::ranges::count(findings, severity, &Finding::severity);
  };
  fmt::format_to(std::back_inserter(text), "{}, {}\n",
                 counted(count(Severity::problem), "problem", "problems"),
                 counted(count(Severity::advice), "piece of advice", "pieces of advice"));
  return text;
}

std::string as_json(const Findings& findings) {
  std::string json = "[";
  for (const Finding& each : findings) {
    if (json.size() > 1) json += ",\n";
    json += '{';
    append_member(json, "severity", name_of(each.severity));
    append_member(json, "about", each.about);
    append_member(json, "text", each.text);
    append_member(json, "remedy", each.remedy);
    json += '}';
  }
  return json + "]\n";
}

}  // namespace bobbin::doctor
