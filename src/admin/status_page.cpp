#include "admin/status_page.h"

#include <array>
#include <chrono>
#include <fmt/format.h>
#include <iterator>
#include <string_view>

#include "admin/status_page_script.h"
#include "admin/status_page_style.h"
#include "base/bytes.h"
#include "base/html.h"
#include "base/utc_time.h"
#include "crypto/sha256.h"

namespace bobbin::admin {
namespace {

std::string in_html(std::string_view text) {
  std::string html;
  append_html(html, text);
  return html;
}

/// 1234567 as "1,234,567".
std::string number(double value) {
  std::string digits = fmt::format("{:.0f}", value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string size(double bytes) {
  constexpr std::array kUnits{"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  return unit == 0 ? fmt::format("{:.0f} bytes", bytes) : fmt::format("{:.1f} {}", bytes, kUnits.at(unit));
}

std::string span(Duration time) {
  using std::chrono::duration_cast;
  const auto all = duration_cast<std::chrono::minutes>(time).count();
  const auto days = all / (24 * 60), hours = all / 60 % 24, minutes = all % 60;
  if (days > 0) return fmt::format("{} d {} h", days, hours);
  if (hours > 0) return fmt::format("{} h {} min", hours, minutes);
  return all > 0 ? fmt::format("{} min", minutes) : fmt::format("{} s", duration_cast<seconds>(time).count());
}

/// To the second.
std::string time_of(WallTime time) {
  const std::string text = utc_text(time);
  return fmt::format("<time datetime=\"{}\">{} {} UTC</time>", text, text.substr(0, 10), text.substr(11, 8));
}

std::string sentence_of(const Obstacle& obstacle) {
  switch (obstacle.kind) {
    case Obstacle::Kind::draining: return "it is stopping";
    case Obstacle::Kind::store:
      return fmt::format("the store {} is {}", label_value(obstacle.subject, "folder"), obstacle.state);
    case Obstacle::Kind::disk:
      return fmt::format("the disk of the inbox {} has too little space",
                         label_value(obstacle.subject, "inbox"));
    case Obstacle::Kind::bucket:
      return fmt::format("the bucket {} has not been listed yet", label_value(obstacle.subject, "location"));
  }
  return {};
}

/// Writes the page from its top to its end.
class Page {
 public:
  explicit Page(const ServerStatus& status) : status_(status) {}

  void add_top() {
    add("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n"
        "<noscript><meta http-equiv=\"refresh\" content=\"5\"></noscript>\n<title>bobbin: status</title>\n"
        "<style>{}</style>\n</head>\n<body>\n<main>\n<header><h1>{} <span class=\"verdict{}\">{}</span></h1>",
        kPageStyle, in_html(status_.facts.version), status_.is_ready() ? "" : " bad",
        status_.is_ready() ? "ready" : "not ready");
    add("<p>{}</p></header>\n", time_of(status_.now));
    for (const Obstacle& obstacle : status_.obstacles)
      add("<p class=\"bad\">Not ready because {}.</p>\n", in_html(sentence_of(obstacle)));
  }

  void add_numbers() {
    add("<dl>\n");
    card("Up for", span(status_.now - status_.facts.started));
    for (const auto& [state, value] : status_.connections) card("Connections, " + state, number(value));
    card("Accepted", number(status_.accepted));
    card("Rejected", number(status_.rejected));
    card("Sent", size(status_.content_bytes));
    card("Memory", size(status_.resident_bytes));
    card("CPU time", fmt::format("{:.1f} s", status_.cpu_seconds));
    card("Cached files", fmt::format("{}, {}", number(status_.cache_files), size(status_.cache_bytes)));
    if (status_.lost_log_lines > 0) card("Log lines lost", number(status_.lost_log_lines));
    add("</dl>\n");
  }

  void add_sites() {
    begin_table("Sites", {"Site", "2xx", "3xx", "4xx", "5xx"});
    for (const ServerStatus::Site& site : status_.sites) {
      add("<tr><td>{}<p>{}</p>", in_html(site.facts.name), in_html(site.facts.root));
      if (!site.facts.uploads.empty()) add("<p>documents into {}</p>", in_html(site.facts.uploads));
      add("</td>");
      for (const double value : {site.successes, site.redirections, site.client_errors, site.server_errors})
        add("<td class=\"n\">{}</td>", number(value));
      add("</tr>\n");
    }
    end_table();
  }

  void add_stores() {
    if (status_.stores.empty()) return;
    begin_table("Documents", {"Folder", "State", "Stored", "Repeated", "Failed", "Journal", "Checkpoint"});
    for (const ServerStatus::Store& store : status_.stores) {
      add("<tr{}><td>{}</td><td class=\"n\">{}</td>", store.state == "open" ? "" : " class=\"bad\"",
          in_html(store.folder), in_html(store.state));
      for (const double value : {store.stored, store.repeated, store.failed})
        add("<td class=\"n\">{}</td>", number(value));
      const auto since = status_.now - WallTime(seconds(static_cast<std::int64_t>(store.checkpoint)));
      add("<td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n", size(store.journal_bytes),
          store.checkpoint > 0 ? span(since) + " ago" : "none yet");
    }
    end_table();
  }

  void add_refusals() {
    if (status_.refusals.empty()) return;
    begin_table("Refused", {"Reason", "Requests"});
    for (const auto& [reason, value] : status_.refusals)
      add("<tr><td>{}</td><td class=\"n\">{}</td></tr>\n", in_html(reason), number(value));
    end_table();
  }

  void add_warnings() {
    if (status_.facts.warnings.empty()) return;
    begin_table("Last warnings", {"Message", "Time"});
    for (const auto& [time, text] : status_.facts.warnings)
      add("<tr><td>{}</td><td class=\"n\">{}</td></tr>\n", in_html(text), time_of(time));
    end_table();
  }

  void add_process() {
    add("<h2>Process</h2>\n<p>{} with {} workers, since {}</p>\n", status_.facts.process,
        status_.facts.threads, time_of(status_.facts.started));
    for (const std::string& listener : status_.facts.listeners) add("<p>{}</p>\n", in_html(listener));
    add("<p>Sandbox: {}</p>\n", in_html(status_.facts.sandbox));
    add("<p><a href=\"/status.json\">status.json</a>, <a href=\"/metrics\">metrics</a>, "
        "<a href=\"/readyz\">readyz</a></p>\n");
  }

  [[nodiscard]] std::string finish() && {
    add("</main>\n<script>{}</script>\n</body>\n</html>\n", kPageScript);
    return std::move(text_);
  }

 private:
  template <typename... Arguments>
  void add(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
  }
  void card(std::string_view name, std::string_view value) {
    add("<div><dt>{}</dt><dd>{}</dd></div>\n", in_html(name), in_html(value));
  }
  void begin_table(std::string_view title, std::initializer_list<std::string_view> columns) {
    add("<h2>{}</h2>\n<div class=\"wide\"><table>\n<thead><tr>", title);
    for (const std::string_view& column : columns)
      add("<th{}>{}</th>", &column == columns.begin() ? "" : " class=\"n\"", column);
    add("</tr></thead>\n<tbody>\n");
  }
  void end_table() { add("</tbody></table></div>\n"); }

  const ServerStatus& status_;
  std::string text_;
};

}  // namespace

std::string page_of(const ServerStatus& status) {
  Page page(status);
  page.add_top();
  page.add_numbers();
  page.add_sites();
  page.add_stores();
  page.add_refusals();
  page.add_warnings();
  page.add_process();
  return std::move(page).finish();
}

std::string page_policy() {
  return "default-src 'none'; style-src " + hash_source(as_text(crypto::sha256(kPageStyle))) +
         "; script-src " + hash_source(as_text(crypto::sha256(kPageScript))) +
         "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

}  // namespace bobbin::admin
