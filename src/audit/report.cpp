#include "audit/report.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "observe/access_log.h"
#include "observe/escape.h"

namespace bobbin::audit {
namespace {

/// "950 B", "1.2 kB", "35 MB": powers of 1000.
std::string size_text(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.5; ++unit) value /= 1000;
  return fmt::format("{:.{}f} {}", value, value < 9.95 ? 1 : 0, kUnits[unit]);
}

std::string files_text(std::uint64_t files) {
  return fmt::format("{} {}", files, files == 1 ? "file" : "files");
}

/// A name of the disk, so that it cannot steer a terminal.
std::string printable(std::string_view text) {
  std::string result;
  observe::append_escaped(result, text);
  return result;
}

template <typename... Values>
void append(std::string& text, fmt::format_string<Values...> format, Values&&... values) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Values>(values)...);
}

void append_reached(std::string& text, std::string_view title, const Reached& reached) {
  append(text, "  {}: {}, {}\n", title, files_text(reached.all.files), size_text(reached.all.bytes));
  for (const auto& [type, amount] : reached.by_type)
    append(text, "    {:<40} {:>14} {:>9}\n", type, files_text(amount.files), size_text(amount.bytes));
}

void append_findings(std::string& text, const SiteReport& site, bool shows_all) {
  for (auto begin = site.findings.begin(); begin != site.findings.end();) {
    const auto end = std::find_if(begin, site.findings.end(),
                                  [&](const Finding& each) { return each.flag != begin->flag; });
    const FlagText& words = text_of(begin->flag);
    append(text, "\n  ! {} ({})\n    {}\n    Remedy: {}\n", words.title, end - begin, words.reason,
           words.remedy);
    const auto most = static_cast<std::ptrdiff_t>(kMostShown);
    const auto shown = shows_all || end - begin <= most ? end : begin + most;
    for (auto each = begin; each != shown; ++each)
      append(text, "      {}  ({}{}{})\n", each->url, printable(each->place), each->note.empty() ? "" : ", ",
             printable(each->note));
    if (shown != end) append(text, "      and {} more; --all shows them\n", end - shown);
    begin = end;
  }
}

void append_site(std::string& text, const SiteReport& site, bool shows_all) {
  append(text, "{}\n", site.title);
  for (const FolderName& folder : site.folders)
    append(text, "  {}/ is '{}'\n", folder.url_path, printable(folder.name));
  append_reached(text, "Reached by everybody", site.by_everybody);
  if (site.restricted.all.files > 0) append_reached(text, "Reached by those who are let in", site.restricted);
  append(text, "  Folders listed: {}\n", site.listed_folders);
  for (const auto& [reason, files] : site.not_served) append(text, "  Not served: {}, {}\n", files, reason);
  for (const ReachedUrl& each : site.urls)
    append(text, "    {}  {}  {}{}\n", each.url, each.media_type, each.bytes,
           each.is_restricted ? "  restricted" : "");
  append_findings(text, site, shows_all);
}

void append_string(std::string& text, std::string_view name, std::string_view value) {
  append(text, "\"{}\":", name);
  // A name of the disk has 4,096 bytes at most, and so is never cut.
  static_cast<void>(observe::append_json_string(text, value));
}

void append_amount(std::string& text, const Amount& amount) {
  append(text, "\"files\":{},\"bytes\":{}", amount.files, amount.bytes);
}

void append_reached_json(std::string& text, std::string_view name, const Reached& reached) {
  append(text, "\"{}\":{{", name);
  append_amount(text, reached.all);
  text += ",\"by_type\":{";
  const char* comma = "";
  for (const auto& [type, amount] : reached.by_type) {
    text += comma;
    static_cast<void>(observe::append_json_string(text, type));
    text += ":{";
    append_amount(text, amount);
    text += '}';
    comma = ",";
  }
  text += "}},\n";
}

void append_folders_json(std::string& text, const std::vector<FolderName>& folders) {
  text += "\"folders\":[";
  const char* comma = "";
  for (const FolderName& folder : folders) {
    text.append(comma).append("{");
    append_string(text, "url", folder.url_path + "/");
    text += ',';
    append_string(text, "folder", folder.name);
    text += '}';
    comma = ",";
  }
  text += "],\n";
}

void append_urls_json(std::string& text, const std::vector<ReachedUrl>& urls) {
  text += "\"urls\":[";
  const char* comma = "\n";
  for (const ReachedUrl& each : urls) {
    text.append(comma).append("{");
    append_string(text, "url", each.url);
    text += ',';
    append_string(text, "type", each.media_type);
    append(text, ",\"bytes\":{},\"restricted\":{}}}", each.bytes, each.is_restricted);
    comma = ",\n";
  }
  text += "],\n";
}

void append_findings_json(std::string& text, const std::vector<Finding>& findings) {
  text += "\"flags\":[";
  const char* comma = "\n";
  for (const Finding& each : findings) {
    const FlagText& words = text_of(each.flag);
    text.append(comma).append("{");
    append_string(text, "flag", words.id);
    for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>("url", each.url),
                                      {"file", each.place},
                                      {"note", each.note},
                                      {"reason", words.reason},
                                      {"remedy", words.remedy}}) {
      text += ',';
      append_string(text, name, value);
    }
    text += '}';
    comma = ",\n";
  }
  text += "]";
}

void append_site_json(std::string& text, const SiteReport& site) {
  text += '{';
  append_string(text, "site", site.title);
  text += ",\n";
  append_folders_json(text, site.folders);
  append_reached_json(text, "everybody", site.by_everybody);
  append_reached_json(text, "restricted", site.restricted);
  append(text, "\"listed_folders\":{},\n\"not_served\":{{", site.listed_folders);
  const char* comma = "";
  for (const auto& [reason, files] : site.not_served) {
    text += comma;
    static_cast<void>(observe::append_json_string(text, reason));
    append(text, ":{}", files);
    comma = ",";
  }
  text += "},\n";
  append_urls_json(text, site.urls);
  append_findings_json(text, site.findings);
  text += '}';
}

}  // namespace

std::size_t count_findings(const std::vector<SiteReport>& sites) {
  std::size_t count = 0;
  for (const SiteReport& site : sites) count += site.findings.size();
  return count;
}

std::string as_text(const std::vector<SiteReport>& sites, bool shows_all) {
  std::string text;
  for (const SiteReport& site : sites) {
    append_site(text, site, shows_all);
    text += '\n';
  }
  const std::size_t flagged = count_findings(sites);
  if (flagged == 0)
    text += "Nothing is flagged.\n";
  else
    append(text, "{} flagged.\n", flagged);
  return text;
}

std::string as_json(const std::vector<SiteReport>& sites) {
  std::string text;
  append(text, "{{\"flagged\":{},\"sites\":[", count_findings(sites));
  const char* comma = "\n";
  for (const SiteReport& site : sites) {
    text += comma;
    append_site_json(text, site);
    comma = ",\n";
  }
  text += "]}\n";
  return text;
}

}  // namespace bobbin::audit
