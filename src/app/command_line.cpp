#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <limits>
#include <map>
#include <set>

#include "app/command_flags.h"
#include "app/inbox_words.h"
#include "app/nearest_name.h"
#include "app/option_values.h"
#include "app/retry_words.h"
#include "base/ascii.h"
#include "base/endpoint.h"
#include "http_client/url.h"
#include "inbox/forward_request.h"

namespace bobbin::app {
namespace {

/// One argument or pair of arguments: the option, the name that the operator used for it, and the value.
struct Occurrence {
  const Option* option = nullptr;
  std::string name;
  std::string value;
};

constexpr std::pair<std::string_view, Command> kCommands[] = {{"audit", Command::audit},
                                                              {"doctor", Command::doctor},
                                                              {"explain", Command::explain},
                                                              {"upgrade", Command::upgrade}};

constexpr std::uint64_t kMostDocuments = 1'000'000;
constexpr milliseconds kLongestWait = std::chrono::hours(24);
constexpr milliseconds kOldestClaim = std::chrono::hours(365 * 24);
constexpr milliseconds kShortestRequest = seconds(1);
constexpr milliseconds kLongestRequest = std::chrono::minutes(10);
constexpr milliseconds kShortestPoll = seconds(1);
constexpr milliseconds kLongestPoll = std::chrono::hours(1);
constexpr std::uint64_t kMostConnections = 256;
constexpr milliseconds kShortestGap = seconds(1);
constexpr milliseconds kLongestGap = std::chrono::hours(24);

constexpr const char* kFlagIsPresent = "true";  // CLI11 reports this as the value of a flag that has none

/// Lets CLI11 take the arguments apart, and does the rest itself. CLI11 could set variables, convert values
/// and report mistakes too, but files and environment variables need the same conversions and messages.
class Parser {
 public:
  explicit Parser(const std::function<bool(const std::string&)>& is_directory) : is_directory_(is_directory) {
    app_.set_help_flag();
    app_.allow_extras();
  }

  /// May be called once.
  [[nodiscard]] Result<std::vector<Occurrence>, std::string> parse(std::span<const char* const> arguments) {
    add_options(arguments);
    std::vector<std::string> reversed = with_all_values(arguments);
    const std::string last = reversed.empty() ? "" : reversed.back();
    std::ranges::reverse(reversed);
    try {
      app_.parse(std::move(reversed));
    } catch (const CLI::ParseError&) {
      // Every option takes any text, any number of times. So only the last option can lack its value.
      return failure(missing_value(last));
    }
    std::vector<Occurrence> found = TRY(positionals());
    std::map<const CLI::Option*, std::size_t> seen;
    for (const CLI::Option* parsed : app_.parse_order()) {
      found.push_back({rows_.at(parsed), parsed->get_name(), parsed->results().at(seen[parsed]++)});
    }
    return found;
  }

  /// The first word, where it is a command, and what belongs to it; known once the arguments are parsed.
  void describe_command(CommandLine& line) const {
    line.command = command_;
    line.method = method_;
    line.url = url_;
    if (!inbox_) return;
    line.command = inbox_->command;
    line.inbox = inbox_->folder;
    line.files = inbox_->files;
    line.program = inbox_->program;
  }

 private:
  /// Of the long options only those that are used. CLI11 compares each option that is added with all before
  /// it, which would take most of the time that a start needs.
  void add_options(std::span<const char* const> arguments) {
    std::set<std::string_view> used;
    for (const std::string_view argument : arguments) used.insert(argument.substr(0, argument.find('=')));
    for (const Option& option : options()) {
      if (!option.is_flat()) continue;
      // Each spelling is an option of its own, so that a message can use the one that the operator used.
      if (!option.short_flag.empty()) add(option, std::string(option.short_flag));
      if (used.contains(option.flag())) add(option, option.flag());
    }
  }

  void add(const Option& option, const std::string& name) {
    CLI::Option* added = option.placeholder.empty() ? app_.add_flag(name) : app_.add_option(name);
    if (!option.placeholder.empty()) added->type_size(1)->expected(1)->allow_extra_args(false);
    rows_[added->take_all()] = &option;
  }

  /// With the values that CLI11 would not see. It would take `--server-name=` for a flag whose value is the
  /// next argument, so that argument is split into the flag and an empty value. A flag that can stand alone,
  /// and does, gets the value that this means.
  [[nodiscard]] std::vector<std::string> with_all_values(std::span<const char* const> arguments) const {
    std::vector<std::string> result;
    bool flags = true;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::string_view argument = arguments[i];
      flags = flags && argument != "--";
      result.emplace_back(argument);
      if (!flags || !argument.starts_with("--")) continue;
      if (argument.find('=') == argument.size() - 1) {
        result.back().pop_back();
        result.emplace_back();
      } else if (const Option* option = option_of(argument); option != nullptr && option->alone()) {
        if (i + 1 == arguments.size() || stands_alone_before(*option, arguments[i + 1]))
          result.emplace_back(*option->alone());
        else
          result.emplace_back(arguments[++i]);
      }
    }
    return result;
  }

  /// Null: no option has this flag.
  static const Option* option_of(std::string_view flag) {
    const auto row = std::ranges::find_if(
        options(), [&](const Option& option) { return option.is_flat() && option.flag() == flag; });
    return row == options().end() ? nullptr : &*row;
  }

  /// Whether the argument behind the flag is no value for it. A flag, a port or a directory is not taken for
  /// the name of a file; what is neither allowed nor anything else is a value, which will be refused.
  [[nodiscard]] bool stands_alone_before(const Option& option, const std::string& next) const {
    const bool means_something_else =
        is_flag(next) || (!next.empty() && std::ranges::all_of(next, is_digit)) || is_directory_(next);
    if (std::holds_alternative<Text>(option.kind())) return means_something_else;
    OwnTarget own;
    const bool is_allowed =
        std::visit([&](const auto& kind) { return kind.assign(own.target(), next); }, option.kind());
    return !is_allowed && means_something_else;
  }

  /// Judges what CLI11 left: arguments without a flag, and unknown flags.
  [[nodiscard]] Result<std::vector<Occurrence>, std::string> positionals() {
    std::vector<std::string> words;
    std::optional<std::size_t> marker;  // how many words stand before "--"
    for (const std::string& argument : app_.remaining()) {
      if (!marker && argument == "--") {
        marker = words.size();
      } else if (!marker && is_flag(argument)) {
        return failure(unknown_flag(argument));
      } else {
        words.push_back(argument);
      }
    }
    if (!words.empty() && words.front() == "inbox") {
      inbox_ = TRY(inbox_words(words, marker));
      words.clear();
    }
    TRY(take_command(words));
    std::vector<const Option*> rows{&option_named("port"), &option_named("bind"), &option_named("threads")};
    if (!words.empty() && TRY(begins_with_directory(words.front())))
      rows.insert(rows.begin(), &option_named("root"));
    if (words.size() > rows.size())
      return failure(in_quotes(words[rows.size()]) +
                     ": too many arguments; only [DIR] [PORT [HOST [THREADS]]] stand without a flag");
    std::vector<Occurrence> found;
    found.reserve(words.size());
    for (std::size_t i = 0; i < words.size(); ++i)
      found.push_back({rows[i], std::string(rows[i]->positional), words[i]});
    return found;
  }

  /// Takes the command, and what belongs to it, off the front.
  [[nodiscard]] Result<void, std::string> take_command(std::vector<std::string>& words) {
    const auto named = std::ranges::find_if(
        kCommands, [&](const auto& each) { return !words.empty() && each.first == words.front(); });
    if (named == std::end(kCommands)) return {};
    command_ = named->second;
    words.erase(words.begin());
    return command_ == Command::explain ? take_request(words) : Result<void, std::string>();
  }

  /// `[METHOD] URL`
  [[nodiscard]] Result<void, std::string> take_request(std::vector<std::string>& words) {
    const auto is_url = [](const std::string& word) {
      return word.starts_with('/') || word.find("://") != std::string::npos;
    };
    method_ = "GET";
    if (!words.empty() && !is_url(words.front())) {
      method_ = words.front();
      words.erase(words.begin());
    }
    if (words.empty())
      return failure(
          std::string("explain: a URL or a path is missing, as in: bobbin explain GET /index.html"));
    url_ = words.front();
    words.erase(words.begin());
    for (const std::string& word : {method_, url_})
      if (word.empty() || word.find_first_of(" \t\r\n") != std::string::npos)
        return failure("explain: " + in_quotes(word) +
                       " is not allowed; a method and a URL are one word each");
    return {};
  }

  /// Whether the first word is a directory; otherwise it is a port.
  [[nodiscard]] Result<bool, std::string> begins_with_directory(const std::string& word) const {
    if (!word.empty() && std::ranges::all_of(word, is_digit)) return false;
    if (!word.empty() && is_directory_(word)) return true;
    return failure(in_quotes(word) +
                   " is no port, no command and no directory; --root DIR names the directory to serve");
  }

  /// Decides as CLI11 does: "-" and "-1" are values.
  static bool is_flag(std::string_view argument) {
    return argument.size() > 1 && argument[0] == '-' && !is_digit(argument[1]);
  }

  static std::string missing_value(std::string_view name) {
    const auto row = std::ranges::find_if(
        options(), [&](const Option& option) { return name == option.short_flag || name == option.flag(); });
    const bool setting = row != options().end() && row->is_setting();
    return fmt::format("{}: a value is missing{}", escaped(name), setting ? "; " + row->allowed() : "");
  }

  static std::string unknown_flag(std::string_view argument) {
    const std::string_view name = argument.substr(0, argument.find('='));
    std::vector<std::string> names;
    for (const Option& option : options())
      if (option.is_flat()) names.push_back(option.flag());
    const std::string nearest = nearest_name(name, names);
    return fmt::format("{}: no such option; {}", escaped(name),
                       nearest.empty() ? "bobbin --help shows all" : "did you mean " + nearest + "?");
  }

  const std::function<bool(const std::string&)>& is_directory_;
  std::optional<Command> command_;
  std::string method_;
  std::string url_;
  std::optional<InboxWords> inbox_;
  CLI::App app_;
  std::map<const CLI::Option*, const Option*> rows_;
};

[[nodiscard]] std::string beside(const Occurrence& found, std::string_view earlier) {
  return fmt::format("{}: {} is not allowed beside {}; give one of them", found.name, in_quotes(found.value),
                     earlier);
}

/// What the server makes of the field is what is to be explained; but it must be one.
[[nodiscard]] Result<void, std::string> check_field(const Occurrence& found) {
  const std::size_t colon = found.value.find(':');
  if (colon != 0 && colon != std::string::npos && found.value.find_first_of("\r\n") == std::string::npos)
    return {};
  return failure(not_allowed({found.name, found.value}, "Name: value, on one line"));
}

[[nodiscard]] Result<std::uint64_t, std::string> number_of(const Occurrence& found, std::uint64_t least,
                                                           std::uint64_t most) {
  const auto number = parse_whole_number(found.value);
  if (number && *number >= least && *number <= most) return *number;
  return failure(
      not_allowed({found.name, found.value}, fmt::format("a whole number from {} to {}", least, most)));
}

[[nodiscard]] Result<Shell, std::string> shell_of(const Occurrence& found) {
  static constexpr std::pair<std::string_view, Shell> kShells[] = {
      {"bash", Shell::bash}, {"zsh", Shell::zsh}, {"fish", Shell::fish}};
  const auto* const shell =
      std::ranges::find(kShells, found.value, &std::pair<std::string_view, Shell>::first);
  if (shell != std::end(kShells)) return shell->second;
  return failure(not_allowed({found.name, found.value}, "bash, zsh or fish"));
}

/// Where a client is, or where the output begins.
[[nodiscard]] Result<void, std::string> take_from(CommandLine& line, const Occurrence& found) {
  if (line.command == Command::inbox_cat) {
    line.first_sequence = TRY(number_of(found, 0, std::numeric_limits<std::uint64_t>::max()));
    return {};
  }
  if (!parse_address(found.value))
    return failure(not_allowed({found.name, found.value}, "an IPv4 or IPv6 address"));
  line.client = found.value;
  return {};
}

[[nodiscard]] Result<milliseconds, std::string> time_of(const Occurrence& found, milliseconds most) {
  const auto time = parse_time(found.value);
  if (time && *time <= most) return *time;
  return failure(not_allowed({found.name, found.value},
                             fmt::format("a time from 0 to {}, such as 30s or 15m", time_text(most))));
}

/// A field of a request that is explained, or with which records are sent.
[[nodiscard]] Result<void, std::string> add_field(CommandLine& line, const Occurrence& found) {
  if (line.command == Command::inbox_forward) {
    if (const auto field = inbox::parse_own_field(found.value); !field)
      return failure(found.name + ": " + field.error());
  } else {
    TRY(check_field(found));
  }
  line.fields.push_back(found.value);
  return {};
}

[[nodiscard]] Result<std::string, std::string> url_of(const Occurrence& found) {
  const auto fault = http_client::fault_of_url(found.value);
  if (!fault) return found.value;
  if (*fault == http_client::UrlFault::user_information)
    return failure(found.name +
                   ": a user or a password is not allowed in the URL, where others can see it; write "
                   "Authorization: Basic BASE64 into a file, and give it with --header-file");
  return failure(not_allowed({found.name, found.value},
                             "a URL under http or https, such as https://example.org/in/events"));
}

[[nodiscard]] Result<std::string, std::string> file_name_of(const Occurrence& found) {
  if (found.value.empty()) return failure(not_allowed({found.name, found.value}, "the name of a file"));
  return found.value;
}

[[nodiscard]] Result<milliseconds, std::string> time_between(const Occurrence& found, milliseconds least,
                                                             milliseconds most) {
  const auto time = parse_time(found.value);
  if (time && *time >= least && *time <= most) return *time;
  return failure(not_allowed({found.name, found.value},
                             fmt::format("a time from {} to {}", time_text(least), time_text(most))));
}

[[nodiscard]] Result<object_store::Location, std::string> location_of(const Occurrence& found) {
  auto location = object_store::parse_location(found.value);
  if (location) return *std::move(location);
  return failure(not_allowed({found.name, found.value}, object_store::kLocationForm));
}

[[nodiscard]] Result<std::string, std::string> store_endpoint(const Occurrence& found) {
  std::string url = TRY(url_of(found));
  if (url.ends_with('/')) url.pop_back();
  if (is_endpoint(url)) return url;
  return failure(not_allowed({found.name, found.value}, kEndpointForm));
}

/// Which bucket is meant, and how it is reached. False: the action is about something else.
[[nodiscard]] Result<bool, std::string> add_object_store_action(CommandLine& line, Action action,
                                                                const Occurrence& found) {
  ObjectStoreWords& store = line.store;
  if ((action == Action::forward_to && line.command == Command::inbox_drain) ||
      (action == Action::ask_from && line.command == Command::inbox_pull)) {
    store.location = TRY(location_of(found));
  } else if (action == Action::name_endpoint) {
    store.endpoint = TRY(store_endpoint(found));
  } else if (action == Action::name_region) {
    store.region = found.value;
    if (!is_region(store.region)) return failure(not_allowed({found.name, found.value}, kRegionForm));
  } else if (action == Action::choose_addressing) {
    if (found.value != "path" && found.value != "host")
      return failure(not_allowed({found.name, found.value}, "path or host"));
    store.addressing =
        found.value == "path" ? object_store::Addressing::path : object_store::Addressing::host;
  } else if (action == Action::read_credentials) {
    store.credentials_file = TRY(file_name_of(found));
  } else if (action == Action::poll) {
    line.pull.poll = TRY(time_between(found, kShortestPoll, kLongestPoll));
  } else if (action == Action::close_gap) {
    line.pull.gap = TRY(time_between(found, kShortestGap, kLongestGap));
  } else if (action == Action::limit_connections) {
    line.pull.connections = TRY(number_of(found, 1, kMostConnections));
  } else {
    return false;
  }
  return true;
}

/// How records are to be sent. False: the action is about something else.
[[nodiscard]] Result<bool, std::string> add_forward_action(CommandLine& line, Action action,
                                                           const Occurrence& found) {
  ForwardWords& forward = line.forward;
  switch (action) {
    case Action::forward_to: forward.url = TRY(url_of(found)); return true;
    case Action::add_fields_of_file: forward.field_file = TRY(file_name_of(found)); return true;
    case Action::sign_with: forward.secret_file = TRY(file_name_of(found)); return true;
    case Action::trust: line.requests.ca_file = TRY(file_name_of(found)); return true;
    case Action::limit_request:
      line.requests.timeout = TRY(time_between(found, kShortestRequest, kLongestRequest));
      return true;
    default: return false;
  }
}

/// How records are to be taken out of an inbox. False: the action is about something else.
[[nodiscard]] Result<bool, std::string> add_record_action(CommandLine& line, Action action,
                                                          const Occurrence& found) {
  if (action == Action::choose_folder) {
    const auto folder = inbox::record_folder_named(found.value);
    if (!folder) return failure(not_allowed({found.name, found.value}, "new, work, done or failed"));
    line.listed = *folder;
  } else if (action == Action::name_consumer) {
    if (!inbox::is_consumer_name(found.value))
      return failure(not_allowed({found.name, found.value}, "1 to 64 of A-Z, a-z, 0-9, - and _"));
    line.consumer = found.value;
  } else if (action == Action::wait_for_record) {
    line.wait = TRY(time_of(found, kLongestWait));
  } else if (action == Action::retry_on_schedule) {
    line.retry = TRY(parse_retry_schedule(found.value).map_error([&](const std::string& message) {
      return found.name + ": " + message;
    }));
  } else if (action == Action::reclaim_older) {
    line.older = TRY(time_of(found, kOldestClaim));
  } else {
    return false;
  }
  return true;
}

[[nodiscard]] Result<void, std::string> add_action(CommandLine& line, Action action,
                                                   const Occurrence& found) {
  if (TRY(add_record_action(line, action, found)) || TRY(add_object_store_action(line, action, found)) ||
      TRY(add_forward_action(line, action, found))) {
  } else if (action == Action::read_file) {
    if (line.file) return failure(beside(found, line.file->place));
    line.file = Value{found.name, found.value};
  } else if (action == Action::add_field) {
    TRY(add_field(line, found));
  } else if (action == Action::ask_from) {
    TRY(take_from(line, found));
  } else if (action == Action::print_completions) {
    line.completed_shell = TRY(shell_of(found));
  } else if (action == Action::count_documents) {
    line.documents = TRY(number_of(found, 1, kMostDocuments));
  } else if (action == Action::check_acknowledged) {
    if (found.value.empty()) return failure(not_allowed({found.name, found.value}, "the name of a file"));
    line.acknowledged = found.value;
  } else if (found.value != kFlagIsPresent) {
    return failure(
        fmt::format("{}: {} is not allowed; it takes no value", found.name, in_quotes(found.value)));
  }
  line.actions.insert(action);
  return {};
}

[[nodiscard]] Result<void, std::string> add_setting(CommandLine& line, const Occurrence& found) {
  Setting setting = setting_from_text(*found.option, found.name, found.value);
  const auto earlier = std::ranges::find(line.settings, found.option, &Setting::option);
  if (earlier == line.settings.end()) {
    line.settings.push_back(std::move(setting));
  } else if (found.option->is_list() && earlier->place != found.option->positional) {
    std::ranges::move(setting.values, std::back_inserter(earlier->values));
  } else {
    return failure(beside(found, earlier->place));
  }
  return {};
}

/// Commands of inbox are about a folder, not about a server; and some of their flags exclude others.
[[nodiscard]] Result<void, std::string> check_inbox(const CommandLine& line) {
  const auto not_here = [&line](std::string_view name) {
    const bool is_field = line.command == Command::inbox_forward && name == "--header";
    return failure(fmt::format("{}: not allowed behind bobbin inbox, which reads no configuration{}", name,
                               is_field ? "; -H and --header-file add fields to a request" : ""));
  };
  if (!line.settings.empty()) return not_here(line.settings.front().place);
  if (line.file) return not_here(line.file->place);
  if (line.actions.contains(Action::check_config)) return not_here("--check-config");
  static constexpr std::pair<std::pair<Action, const char*>, std::pair<Action, const char*>> kExcluded[] = {
      {{Action::print_receipts, "--receipts"}, {Action::print_bodies, "--bodies"}},
      {{Action::check_acknowledged, "--check"}, {Action::until_killed, "--until-killed"}},
      {{Action::check_acknowledged, "--check"}, {Action::count_documents, "--documents"}},
      {{Action::as_json, "--json"}, {Action::until_killed, "--until-killed"}},
      {{Action::replay_failed, "--failed"}, {Action::replay_done, "--done"}}};
  for (const auto& [one, other] : kExcluded)
    if (line.actions.contains(one.first) && line.actions.contains(other.first))
      return failure(fmt::format("{}: not allowed beside {}; give one of them", one.second, other.second));
  return check_inbox_command(line);
}

/// Some flags are about one command or two, and about nothing else.
[[nodiscard]] Result<void, std::string> check_command(const CommandLine& line) {
  for (const CommandFlag& flag : command_flags())
    if (line.actions.contains(flag.action) && !(line.command && flag.commands.contains(*line.command)))
      return failure(
          fmt::format("{}: only allowed behind a command, as in: bobbin {}", flag.name, flag.example));
  const bool is_about_inbox =
      line.command &&
      std::ranges::find(kCommands, *line.command, &std::pair<std::string_view, Command>::second) ==
          std::ranges::end(kCommands);
  return is_about_inbox ? check_inbox(line) : Result<void, std::string>();
}

}  // namespace

Result<CommandLine, std::string> parse_command_line(
    std::span<const char* const> arguments, const std::function<bool(const std::string&)>& is_directory) {
  CommandLine line;
  Parser parser(is_directory);
  const std::vector<Occurrence> occurrences = TRY(parser.parse(arguments));
  parser.describe_command(line);  // which says what some of the flags mean
  for (const Occurrence& found : occurrences) {
    const auto* action = std::get_if<Action>(&found.option->effect);
    TRY(action != nullptr ? add_action(line, *action, found) : add_setting(line, found));
    const std::string_view positional = found.option->positional;
    line.directory_is_named |= found.option == &option_named("root") && found.name == positional;
  }
  TRY(check_command(line));
  return line;
}

}  // namespace bobbin::app
