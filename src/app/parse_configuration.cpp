#include "app/parse_configuration.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <utility>

#include "app/bucket_roots.h"
#include "app/command_line.h"
#include "app/completions.h"
#include "app/config_file.h"
#include "app/environment.h"
#include "app/man_page.h"
#include "app/manual.h"
#include "app/open_inboxes.h"
#include "app/options.h"
#include "app/profile.h"
#include "app/version.h"

namespace bobbin::app {
namespace {

/// Makes an error of the whole program from a message.
auto error_with(int exit_code) {
  return [exit_code](const std::string& message) { return ConfigError{message, exit_code}; };
}

/// The settings of one source or table, and the exit status when one of them is bad.
struct Source {
  std::vector<Setting> settings;
  int exit_code;

  [[nodiscard]] bool sets(const Option& option) const {
    return std::ranges::find(settings, &option, &Setting::option) != settings.end();
  }
};
/// Sources in order, the weakest first.
using SourceList = std::vector<Source>;

bool sets(const SourceList& sources, std::string_view name) {
  return std::ranges::any_of(sources, [&](const Source& source) { return source.sets(option_named(name)); });
}

bool sets_any_of(const SourceList& sources, Scope scope) {
  return std::ranges::any_of(sources, [&](const Source& source) {
    return std::ranges::any_of(source.settings, [&](const Setting& s) { return s.option->scope() == scope; });
  });
}

[[nodiscard]] Result<void, ConfigError> apply_all(const SourceList& sources, const Target& target) {
  for (const Source& source : sources)
    for (const Setting& setting : source.settings)
      TRY(apply(setting, target).map_error(error_with(source.exit_code)));
  return {};
}

/// The defaults of the profile that these sources choose. They must be known before any other setting is
/// applied on top of them.
[[nodiscard]] Result<SiteConfig, ConfigError> site_defaults(const SourceList& sources, Profile otherwise) {
  OwnTarget own;
  own.site.profile = otherwise;
  SourceList choices = sources;
  for (Source& source : choices)
    std::erase_if(source.settings, [](const Setting& s) { return s.option != &option_named("profile"); });
  TRY(apply_all(choices, own.target()));
  return defaults_of(own.site.profile);
}

[[nodiscard]] Result<void, ConfigError> require(const Table& table, std::string_view name) {
  const Option& option = option_named(name);
  if (sets({{table.settings, kExitConfiguration}}, name)) return {};
  return failure(
      error_with(kExitConfiguration)(fmt::format("{}: {} is missing", table.place, option.table_key())));
}

[[nodiscard]] Result<RuleConfig, ConfigError> rule_of(const Table& table) {
  TRY(require(table, "rule-path"));
  OwnTarget own{.rule = {.place = table.place}};
  TRY(apply_all({{table.settings, kExitConfiguration}}, own.target()));
  return std::move(own.rule);
}

[[nodiscard]] Result<MountConfig, ConfigError> mount_of(const Table& table) {
  for (const char* needed : {"mount-path", "mount-root"}) TRY(require(table, needed));
  OwnTarget own;
  TRY(apply_all({{table.settings, kExitConfiguration}}, own.target()));
  return std::move(own.mount);
}

[[nodiscard]] Result<InboxConfig, ConfigError> inbox_of(const Table& table) {
  TRY(require(table, "inbox-name"));
  const SourceList sources{{table.settings, kExitConfiguration}};
  if (!sets(sources, "inbox-target") && !sets(sources, "inbox-dir"))
    return failure(error_with(kExitConfiguration)(fmt::format(
        "{}: dir is missing, or target, for records that are kept in an object store", table.place)));
  OwnTarget own{.inbox = {.place = table.place}};
  TRY(apply_all(sources, own.target()));
  return std::move(own.inbox);
}

/// Who may post is what a rule for the path of the inbox says.
[[nodiscard]] RuleConfig token_rule(const InboxConfig& inbox) {
  RuleConfig rule;
  rule.place = inbox.place;
  rule.paths = {inbox.url_path()};
  rule.token_file = inbox.token_file;
  rule.token_option = name_of(inbox) + ": token_file";
  rule.realm = inbox.name;
  return rule;
}

/// And who may read, another one. It stands behind all others, so that none opens the feed to everybody.
[[nodiscard]] RuleConfig feed_rule(const InboxConfig& inbox) {
  RuleConfig rule = token_rule(inbox);
  rule.methods = {"GET"};
  rule.token_file = inbox.feed_token_file;
  rule.token_option = name_of(inbox) + ": feed_token_file";
  return rule;
}

void add_feed_rules(SiteConfig& site) {
  for (const InboxConfig& inbox : site.inboxes)
    if (!inbox.feed_token_file.empty()) site.rules.push_back(feed_rule(inbox));
}

/// Adds what a table within a [[site]], or one for the default site, says.
[[nodiscard]] Result<void, ConfigError> add_table(const Table& table, SiteConfig& site) {
  if (table.scope == Scope::rule) site.rules.push_back(TRY(rule_of(table)));
  if (table.scope == Scope::mount) site.mounts.push_back(TRY(mount_of(table)));
  if (table.scope == Scope::inbox) {
    site.inboxes.push_back(TRY(inbox_of(table)));
    const InboxConfig& inbox = site.inboxes.back();
    if (!inbox.token_file.empty()) site.rules.push_back(token_rule(inbox));
  }
  return {};
}

[[nodiscard]] Result<SiteConfig, ConfigError> site_of(const Table& table) {
  const SourceList sources{{table.settings, kExitConfiguration}};
  for (const char* needed : {"names", "root"}) TRY(require(table, needed));
  OwnTarget own{.site = TRY(site_defaults(sources, Profile::folder))};
  own.site.is_default = false;
  TRY(apply_all(sources, own.target()));
  for (const Table& each : table.tables) TRY(add_table(each, own.site));
  add_feed_rules(own.site);
  return std::move(own.site);
}

[[nodiscard]] Result<ListenerConfig, ConfigError> listener_of(const Table& table) {
  OwnTarget own;
  TRY(apply_all({{table.settings, kExitConfiguration}}, own.target()));
  return std::move(own.listener);
}

/// Puts listeners and sites together. The default listener or site, which the keys outside of tables
/// describe, stands beside those of the tables only where one of these keys is given.
[[nodiscard]] Result<Config, ConfigError> assemble(const SourceList& flat, const std::vector<Table>& tables,
                                                   bool directory_is_named) {
  Config config;
  config.listeners.clear();
  config.sites.clear();
  for (const Table& table : tables) {
    if (table.scope == Scope::listener) config.listeners.push_back(TRY(listener_of(table)));
    if (table.scope == Scope::site) config.sites.push_back(TRY(site_of(table)));
  }
  const bool is_seeds_form = !directory_is_named && config.sites.empty();
  OwnTarget own{.site = TRY(site_defaults(flat, is_seeds_form ? Profile::classic : Profile::folder))};
  TRY(apply_all(flat, own.target()));
  config.server = std::move(own.server);
  if (config.listeners.empty() || sets_any_of(flat, Scope::listener))
    config.listeners.push_back(std::move(own.listener));
  const bool has_default_site = config.sites.empty() || sets(flat, "root");
  for (const Table& table : tables) {
    if (table.scope == Scope::listener || table.scope == Scope::site) continue;
    if (!has_default_site)
      return failure(error_with(kExitConfiguration)(fmt::format(
          "{}: there is no default site, to which this belongs; write [[site.{}]] behind a [[site]], or give "
          "root outside of tables",
          table.place,
          table.scope == Scope::rule    ? "rule"
          : table.scope == Scope::mount ? "mount"
                                        : "inbox")));
    TRY(add_table(table, own.site));
  }
  add_feed_rules(own.site);
  if (has_default_site) config.sites.push_back(std::move(own.site));
  return config;
}

/// The name of the configuration file, with the flag or the variable that gave it.
std::optional<Value> file_to_read(const CommandLine& line, const Environment& environment) {
  if (line.file) return line.file;
  const auto variable = environment.find(kFileVariable);
  if (variable == environment.end()) return std::nullopt;
  return Value{kFileVariable, variable->second};
}

[[nodiscard]] Result<FileContents, ConfigError> read(const std::optional<Value>& file,
                                                     const Sources& sources) {
  if (!file) return FileContents{};
  if (file->text.empty()) return failure(error_with(kExitUsage)(not_allowed(*file, "the name of a file")));
  const auto text = sources.read_file(file->text);
  if (!text) {
    return failure(error_with(kExitConfiguration)(file->place + ": " + in_quotes(file->text) +
                                                  " cannot be read; " + text.error().message()));
  }
  return parse_configuration_file(file->text, *text).map_error(error_with(kExitConfiguration));
}

[[nodiscard]] Result<Run, ConfigError> merge(const CommandLine& line, const std::optional<Value>& file,
                                             const Sources& sources) {
  FileContents contents = TRY(read(file, sources));
  EnvironmentSettings variables = settings_of(sources.environment);
  const SourceList flat{{std::move(contents.settings), kExitConfiguration},
                        {std::move(variables.settings), kExitUsage},
                        {line.settings, kExitUsage}};
  return Run{TRY(assemble(flat, contents.tables, line.directory_is_named)), std::move(variables.warnings)};
}

/// Nothing: the command is another one.
[[nodiscard]] std::optional<Inbox> inbox_of(const CommandLine& line) {
  Inbox inbox{.folder = line.inbox,
              .as_json = line.actions.contains(Action::as_json),
              .receipts = line.actions.contains(Action::print_receipts),
              .bodies = line.actions.contains(Action::print_bodies),
              .first_sequence = line.first_sequence,
              .documents = line.documents,
              .until_killed = line.actions.contains(Action::until_killed),
              .acknowledged = line.acknowledged};
  if (line.command == Command::inbox_verify)
    inbox.task = Inbox::Task::verify;
  else if (line.command == Command::inbox_cat)
    inbox.task = Inbox::Task::cat;
  else if (line.command == Command::inbox_prove)
    inbox.task = Inbox::Task::prove;
  else
    return std::nullopt;
  return inbox;
}

/// Nothing: the command is another one.
[[nodiscard]] std::optional<Records> records_of(const CommandLine& line) {
  using Task = Records::Task;
  static constexpr std::pair<Command, Task> kTasks[] = {
      {Command::inbox_ls, Task::ls},         {Command::inbox_next, Task::next},
      {Command::inbox_work, Task::work},     {Command::inbox_forward, Task::forward},
      {Command::inbox_drain, Task::drain},   {Command::inbox_pull, Task::pull},
      {Command::inbox_done, Task::done},     {Command::inbox_fail, Task::fail},
      {Command::inbox_replay, Task::replay}, {Command::inbox_reclaim, Task::reclaim},
  };
  const auto* const found = std::ranges::find_if(
      kTasks, [&](const auto& each) { return line.command && each.first == *line.command; });
  if (found == std::end(kTasks)) return std::nullopt;
  // Several names, since a worker takes back what has its own.
  const char* const consumer = found->second == Task::work      ? "worker"
                               : found->second == Task::forward ? "forwarder"
                               : found->second == Task::drain   ? "drainer"
                                                                : "consumer";
  Records records{.task = found->second,
                  .folder = line.inbox,
                  .listed = line.listed,
                  .as_json = line.actions.contains(Action::as_json),
                  .consumer = line.consumer.value_or(consumer),
                  .wait = line.wait,
                  .program = line.program,
                  .retry = line.retry,
                  .destination = line.forward,
                  .requests = line.requests,
                  .store = line.store,
                  .pull = line.pull,
                  .until_empty = line.actions.contains(Action::until_empty),
                  .fields = line.fields,
                  .files = line.files,
                  .older = line.older.value_or(milliseconds(0))};
  if (records.task == Task::forward && !records.retry.has_pauses())
    records.retry = inbox::RetrySchedule::standard();
  if (line.actions.contains(Action::replay_failed)) records.all_in = inbox::RecordFolder::failed;
  if (line.actions.contains(Action::replay_done)) records.all_in = inbox::RecordFolder::done;
  return records;
}

/// One worker alone would let a single slow step hold up everybody.
void choose_threads(ServerConfig& server, const Sources& sources) {
  constexpr unsigned kLeast = 2;
  server.threads_follow_cpus = server.threads == 0;
  if (server.threads_follow_cpus) server.threads = std::max(sources.usable_cpus(), kLeast);
}

}  // namespace

ParseOutcome parse_configuration(std::span<const char* const> arguments, const Sources& sources) {
  const auto line = parse_command_line(arguments, sources.is_directory);
  if (!line) return error_with(kExitUsage)(line.error());
  if (line->actions.contains(Action::help)) return Print{help()};
  if (line->actions.contains(Action::help_markdown)) return Print{markdown()};
  if (line->actions.contains(Action::help_man)) return Print{man_page()};
  if (line->completed_shell) return Print{completions(*line->completed_shell)};
  if (line->actions.contains(Action::version)) return Print{version()};
  if (auto inbox = inbox_of(*line)) return *std::move(inbox);
  if (auto records = records_of(*line)) return *std::move(records);
  const auto file = file_to_read(*line, sources.environment);
  auto run = merge(*line, file, sources);
  if (!run) return std::move(run).error();
  choose_threads(run->config.server, sources);
  if (const auto placed = place_bucket_roots(run->config); !placed)
    return error_with(kExitUsage)(placed.error());
  const std::string subject = file ? file->text : "";
  run->config_file = subject;
  if (line->actions.contains(Action::check_config))
    return Check{std::move(run->config), std::move(run->warnings), subject};
  if (line->command == Command::audit)
    return Audit{.config = std::move(run->config),
                 .warnings = std::move(run->warnings),
                 .subject = subject,
                 .shows_all = line->actions.contains(Action::show_all),
                 .as_json = line->actions.contains(Action::as_json)};
  if (line->command == Command::doctor)
    return Doctor{.config = std::move(run->config),
                  .warnings = std::move(run->warnings),
                  .as_json = line->actions.contains(Action::as_json)};
  if (line->command == Command::upgrade) return RequestUpgrade{run->config.server.pid_file};
  if (line->command == Command::explain)
    return Explain{.config = std::move(run->config),
                   .warnings = std::move(run->warnings),
                   .method = line->method,
                   .url = line->url,
                   .fields = line->fields,
                   .client = line->client,
                   .as_json = line->actions.contains(Action::as_json)};
  return *std::move(run);
}

}  // namespace bobbin::app
