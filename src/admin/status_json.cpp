#include "admin/status_json.h"

#include <fmt/format.h>
#include <iterator>

#include "base/utc_time.h"
#include "observe/escape.h"

namespace bobbin::admin {
namespace {

/// Writes a value of JSON, member by member.
class Json {
 public:
  void begin(char bracket) {
    separate();
    text_ += bracket;
  }
  void end(char bracket) { text_ += bracket; }
  void name(std::string_view name) {
    separate();
    fmt::format_to(std::back_inserter(text_), "\"{}\":", name);
  }
  void member(std::string_view name, std::string_view value) {
    this->name(name);
    string(value);
  }
  void member(std::string_view name, double value) {
    this->name(name);
    fmt::format_to(std::back_inserter(text_), "{}", value);
  }
  void string(std::string_view value) {
    separate();
    static_cast<void>(observe::append_json_string(text_, value));
  }
  [[nodiscard]] std::string text() && { return std::move(text_); }

 private:
  void separate() {
    if (!text_.empty() && std::string_view("[{:").find(text_.back()) == std::string_view::npos) text_ += ',';
  }
  std::string text_;
};

template <typename Range, typename Member>
void array(Json& json, std::string_view name, const Range& range, Member member) {
  json.name(name);
  json.begin('[');
  for (const auto& each : range) {
    json.begin('{');
    member(each);
    json.end('}');
  }
  json.end(']');
}

void counts(Json& json, std::string_view name, const std::vector<ServerStatus::Count>& counts) {
  json.name(name);
  json.begin('{');
  for (const auto& [label, value] : counts) json.member(label, value);
  json.end('}');
}

void obstacle(Json& json, const Obstacle& each) {
  json.member("reason", each.name());
  for (const char* label : {"folder", "inbox", "location"})
    if (const std::string value = label_value(each.subject, label); !value.empty()) json.member(label, value);
}

void site(Json& json, const ServerStatus::Site& site) {
  json.member("name", site.facts.name);
  json.member("root", site.facts.root);
  json.member("uploads", site.facts.uploads);
  json.name("requests");
  json.begin('{');
  json.member("2xx", site.successes);
  json.member("3xx", site.redirections);
  json.member("4xx", site.client_errors);
  json.member("5xx", site.server_errors);
  json.end('}');
}

void store(Json& json, const ServerStatus::Store& store) {
  json.member("folder", store.folder);
  json.member("state", store.state);
  json.member("stored", store.stored);
  json.member("repeated", store.repeated);
  json.member("failed", store.failed);
  json.member("journal_bytes", store.journal_bytes);
  json.member("checkpoint", store.checkpoint);
}

void server(Json& json, const ServerStatus& status) {
  json.member("version", status.facts.version);
  json.member("process", static_cast<double>(status.facts.process));
  json.member("started", utc_text(status.facts.started));
  json.member("now", utc_text(status.now));
  json.member("threads", status.facts.threads);
  json.member("sandbox", status.facts.sandbox);
  json.name("listeners");
  json.begin('[');
  for (const std::string& listener : status.facts.listeners) json.string(listener);
  json.end(']');
}

void totals(Json& json, const ServerStatus& status) {
  counts(json, "connections", status.connections);
  json.member("connections_accepted", status.accepted);
  json.member("connections_rejected", status.rejected);
  json.member("content_bytes", status.content_bytes);
  json.member("resident_bytes", status.resident_bytes);
  json.member("cpu_seconds", status.cpu_seconds);
  json.member("cache_files", status.cache_files);
  json.member("cache_bytes", status.cache_bytes);
  json.member("log_lines_lost", status.lost_log_lines);
  counts(json, "refusals", status.refusals);
}

}  // namespace

std::string json_of(std::span<const Obstacle> obstacles) {
  Json json;
  json.begin('[');
  for (const Obstacle& each : obstacles) {
    json.begin('{');
    obstacle(json, each);
    json.end('}');
  }
  json.end(']');
  return std::move(json).text();
}

std::string json_of(const ServerStatus& status) {
  Json json;
  json.begin('{');
  json.member("status", status.is_ready() ? "ready" : "not ready");
  array(json, "reasons", status.obstacles, [&](const Obstacle& each) { obstacle(json, each); });
  server(json, status);
  totals(json, status);
  array(json, "sites", status.sites, [&](const ServerStatus::Site& each) { site(json, each); });
  array(json, "stores", status.stores, [&](const ServerStatus::Store& each) { store(json, each); });
  array(json, "warnings", status.facts.warnings, [&](const ServerFacts::Warning& each) {
    json.member("time", utc_text(each.time));
    json.member("text", each.text);
  });
  json.end('}');
  return std::move(json).text() + "\n";
}

}  // namespace bobbin::admin
