#include "app/options.h"

#include <algorithm>
#include <fmt/format.h>

#include "app/option_values.h"
#include "base/assert.h"

namespace bobbin::app {
namespace {

using namespace std::chrono_literals;
using observe::AccessFormat;
using observe::LogLevel;

constexpr std::pair<std::string_view, AccessFormat> kFormats[] = {{"transfer", AccessFormat::transfer},
                                                                  {"common", AccessFormat::common},
                                                                  {"combined", AccessFormat::combined},
                                                                  {"json", AccessFormat::json}};
constexpr std::pair<std::string_view, LogLevel> kLevels[] = {{"error", LogLevel::error},
                                                             {"warning", LogLevel::warning},
                                                             {"info", LogLevel::info},
                                                             {"debug", LogLevel::debug}};

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kGiB = 1024 * kMiB;
constexpr std::uint64_t kTiB = 1024 * kGiB;

constexpr std::string_view kExtensions = "extensions such as txt, of letters, digits, -, + and _";

// clang-format off
constexpr Option kOptions[] = {
    // group, short flag, name, placeholder, positional, kind {member, range}, meaning
    {"Listening", "-p", "port", "PORT", "PORT",
     WholeNumber<std::uint16_t>{&Config::port, 0, 65535},
     "The TCP port to listen on; 0 takes any free one."},
    {"Listening", "-b", "bind", "ADDRESS", "HOST",
     List{&Config::binds, accept_address, "an IPv4 or IPv6 address, or localhost", ""},
     "The addresses to listen on; 0.0.0.0 is every IPv4 address of the machine, :: every IPv6 one."},
    {"Listening", "", "allow-host", "HOST", "",
     List{&Config::allow_hosts, accept_host, "NAME, NAME:PORT, NAME:* or *", "none"},
     "Host values to accept besides the addresses listened on. NAME is allowed with the server's port or without one, "
     "NAME:PORT with exactly that port, NAME:* with any; * turns the check off."},

    {"Connections", "-t", "threads", "N", "THREADS",
     WholeNumber<unsigned>{&Config::threads, 1, 1024},
     "How many worker threads serve the connections."},
    {"Connections", "", "connections-per-thread", "N", "",
     WholeNumber<unsigned>{&Config::connections_per_thread, 1, 1'000'000},
     "How many connections a worker holds; 1 gives every connection a thread of its own."},
    {"Connections", "", "queue", "N", "",
     WholeNumber<unsigned>{&Config::queue, 0, 1'000'000},
     "How many connections may wait for a worker; when all places are taken a new one is answered 503."},
    {"Connections", "", "keep-alive-timeout", "TIME", "",
     Time{&Config::keep_alive_timeout, 1ms, 24h},
     "How long a connection may be idle between two requests."},
    {"Connections", "", "keep-alive-requests", "N", "",
     WholeNumber<unsigned>{&Config::keep_alive_requests, 0, 1'000'000'000},
     "How many requests a connection serves before it is closed; 0 is no limit."},
    {"Connections", "", "grace-period", "TIME", "",
     Time{&Config::grace_period, 0ms, 24h},
     "How long exchanges in flight may take to finish when the server stops."},

    {"Connections", "", "tcp-congestion", "NAME", "",
     Text{&Config::tcp_congestion, accept_non_empty,
          "auto, system, or an algorithm of net.ipv4.tcp_available_congestion_control", ""},
     "TCP's congestion control; system is the machine's. auto is that too, but reno instead of bbr on a loopback address, "
     "where bbr halves the speed of large files."},

    {"Files", "-d", "root", "DIR", "",
     Text{&Config::root, accept_non_empty, "the name of a directory", ""},
     "The directory whose files are served."},
    {"Files", "", "download", "EXTENSION", "",
     List{&Config::downloads, accept_extension, kExtensions, "none"},
     "Files with these extensions are offered as downloads, not shown."},
    {"Files", "", "allow-type", "EXTENSION", "",
     List{&Config::allowed_types, accept_extension, kExtensions, "every type"},
     "Only files with these extensions are served; others are answered 415."},
    {"Files", "", "mime-types", "FILE", "",
     Text{&Config::mime_types, accept_any, "the name of a file", "the built-in table only"},
     "The system's table of media types, which adds to the built-in one."},
    {"Files", "", "header", "FIELD", "",
     List{&Config::headers, accept_header,
          "NAME: VALUE, in visible ASCII characters with blanks between them, where NAME is none that the server sets itself",
          "none", '\n'},
     "A header field to add to every answer that is no error, such as \"Cache-Control: max-age=3600\". Several in one flag or "
     "variable stand on a line each."},
    {"Files", "", "server-name", "TEXT", "",
     Text{&Config::server_name, accept_field_value, "visible ASCII characters with spaces between them",
          "no name"},
     "The Server field of every response and the name on error pages; an empty text leaves both out."},

    {"Uploads", "", "uploads", "on|off", "",
     Switch{&Config::uploads},
     "Whether uploads are taken; off serves files only."},
    {"Uploads", "", "upload-path", "PATH", "",
     Text{&Config::upload_path, accept_request_path,
          "a path such as /upload: no empty, . or .. segment, nothing that a URL would encode", ""},
     "The path that takes uploads."},
    {"Uploads", "", "upload-dir", "DIR", "",
     Text{&Config::upload_dir, accept_any, "the name of a directory", "uploads in the root"},
     "The directory that keeps uploads; made when missing."},
    {"Uploads", "", "serve-uploads", "on|off", "",
     Switch{&Config::serve_uploads},
     "Whether an upload can be fetched again."},

    {"Limits", "", "max-head", "SIZE", "",
     Size{&Config::max_head, 256, kMiB},
     "The largest request line and fields together; more is answered 431 or 414."},
    {"Limits", "", "answer-memory", "SIZE", "",
     Size{&Config::answer_memory, 0, kTiB},
     "How much memory all threads together may use to remember answers to requests that come again; 0 for none. An "
     "answer is given again only when its file is asked after the request has arrived."},
    {"Limits", "", "max-upload", "SIZE", "",
     Size{&Config::max_upload, 1, kTiB},
     "The largest content of an upload; more is answered 413."},
    {"Limits", "", "head-timeout", "TIME", "",
     Time{&Config::head_timeout, 1ms, 24h},
     "How long a request head may take, from its first byte to its last; more is answered 408."},
    {"Limits", "", "minimum-rate", "SIZE", "",
     Size{&Config::minimum_rate, 0, kGiB},
     "How many bytes of content a client must send or take per second, averaged over the transfer; a slower one is "
     "answered 408 or cut off. 0 is no minimum."},
    {"Limits", "", "minimum-rate-grace", "TIME", "",
     Time{&Config::rate_grace, 0ms, 24h},
     "How long a transfer may be slower than the minimum rate."},
    {"Limits", "", "stall-timeout", "TIME", "",
     Time{&Config::stall_timeout, 1ms, 24h},
     "The longest pause within a transfer, in either direction; after that it is given up."},
    {"Limits", "", "commit-timeout", "TIME", "",
     Time{&Config::commit_timeout, 1ms, 24h},
     "How long an upload may take to reach stable storage; more is answered 503."},

    {"Log", "", "access-log", "on|off", "",
     Switch{&Config::access_log},
     "Whether every exchange is logged."},
    {"Log", "", "log-format", "FORMAT", "",
     Choice<AccessFormat>{&Config::log_format, kFormats},
     "How an exchange is logged: as a block of lines, in one of Apache's formats, or as a JSON object."},
    {"Log", "", "log-file", "FILE", "",
     Text{&Config::log_file, accept_any, "the name of a file", "standard output"},
     "The file that the log is appended to; SIGUSR1 opens it anew."},
    {"Log", "", "log-level", "LEVEL", "",
     Choice<LogLevel>{&Config::log_level, kLevels},
     "The least important messages that are logged."},
    {"Log", "", "status-interval", "TIME", "",
     Time{&Config::status_interval, 0ms, 24h},
     "How often the state of the thread pool is logged; 0 is never."},

    {"General", "-c", "config", "FILE", "", Action::read_file,
     "Read this configuration file."},
    {"General", "", "check-config", "", "", Action::check_config,
     "Check command line, environment and configuration file, then exit."},
    {"General", "-h", "help", "", "", Action::help,
     "Print this text and exit."},
    {"General", "", "help-markdown", "", "", Action::help_markdown,
     "Print docs/configuration.md and exit."},
    {"General", "-V", "version", "", "", Action::version,
     "Print the version and exit."},
};
// clang-format on

std::string with_underscores(std::string_view name) {
  std::string result(name);
  std::ranges::replace(result, '-', '_');
  return result;
}

/// What an empty value of the option stands for.
std::string_view empty_means(const Kind& kind) {
  if (const auto* text = std::get_if<Text>(&kind)) return text->empty_means;
  if (const auto* list = std::get_if<List>(&kind)) return list->empty_means;
  return "";
}

}  // namespace

std::span<const Option> options() { return kOptions; }

const Kind& Option::kind() const {
  const auto* kind = std::get_if<Kind>(&effect);
  ASSERT(kind != nullptr);
  return *kind;
}

std::string Option::flag() const { return "--" + std::string(name); }

std::string Option::key() const { return with_underscores(name); }

std::string Option::variable() const {
  std::string upper = with_underscores(name);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return "BOBBIN_" + upper;
}

std::string Option::allowed() const {
  return std::visit([](const auto& k) { return k.allowed(); }, kind());
}

const FileTypes& Option::file_types() const {
  return std::visit([](const auto& k) -> const FileTypes& { return k.kFileTypes; }, kind());
}

std::string Option::default_text() const {
  const Config defaults;
  std::string text = std::visit([&](const auto& k) { return k.text(defaults); }, kind());
  return text.empty() ? fmt::format("({})", empty_means(kind())) : text;
}

Setting setting_from_text(const Option& option, const std::string& place, std::string_view text) {
  Setting setting{&option, place, {}};
  if (const auto* list = std::get_if<List>(&option.kind())) {
    for (std::string& item : split_list(text, list->separator))
      setting.values.push_back({place, std::move(item)});
  } else {
    setting.values.push_back({place, std::string(text)});
  }
  return setting;
}

Result<void, std::string> apply(const Setting& setting, Config& config) {
  const Option& option = *setting.option;
  if (const auto* list = std::get_if<List>(&option.kind())) {
    if (setting.values.empty() && list->empty_means.empty()) {
      return failure(fmt::format("{}: an empty list is not allowed; {}", setting.place, option.allowed()));
    }
    (config.*list->member).clear();
  }
  for (const Value& value : setting.values) {
    if (!std::visit([&](const auto& k) { return k.assign(config, value.text); }, option.kind())) {
      return failure(not_allowed(value, option.allowed()));
    }
  }
  return {};
}

std::string not_allowed(const Value& value, std::string_view allowed) {
  return fmt::format("{}: {} is not allowed; {}", value.place, in_quotes(value.text), allowed);
}

std::string escaped(std::string_view text) {
  std::string result;
  observe::append_escaped(result, text);
  return result;
}

std::string in_quotes(std::string_view text) { return '"' + escaped(text) + '"'; }

}  // namespace bobbin::app
