#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/config.h"
#include "app/option_kinds.h"

namespace bobbin::app {

/// What an option of the command line does that sets nothing.
enum class Action : std::uint8_t {
  read_file,
  check_config,
  show_all,
  as_json,
  add_field,
  ask_from,
  print_receipts,
  print_bodies,
  count_documents,
  until_killed,
  check_acknowledged,
  choose_folder,
  name_consumer,
  wait_for_record,
  retry_on_schedule,
  forward_to,
  add_fields_of_file,
  sign_with,
  trust,
  limit_request,
  name_endpoint,
  name_region,
  choose_addressing,
  read_credentials,
  until_empty,
  poll,
  close_gap,
  limit_connections,
  reclaim_older,
  replay_failed,
  replay_done,
  help,
  help_markdown,
  help_man,
  print_completions,
  version
};

/// One row of the table from which the command line, the configuration file, the environment variables,
/// --help and docs/configuration.md come.
struct Option {
  /// Where the option can be given: everywhere; everywhere except in a [[site]]; only in a [[site]].
  enum class Reach : std::uint8_t { everywhere, flat, table };

  /// What it takes until another value is used.
  enum class Change : std::uint8_t {
    restart,  ///< or an upgrade, which is one for all that the new process is concerned
    reload,
  };

  std::string_view group;              ///< the heading in --help; the rows of a group stand together
  std::string_view short_flag = {};    ///< "-p", or nothing
  std::string_view name;               ///< "keep-alive-timeout"
  std::string_view key_in_table = {};  ///< its key in a [[listener]], where that differs from key()
  std::string_view placeholder = {};  ///< names the value in --help: "TIME"; empty for a flag without a value
  std::string_view positional = {};   ///< its name as an argument without a flag, or nothing
  std::string_view value_alone = {};  ///< what the flag means without a value, where that is allowed
  std::variant<Kind, Action> effect;
  Reach reach = Reach::everywhere;
  std::optional<Change> change = {};  ///< nothing: as most of its scope, see needs()
  bool follows_files = false;         ///< what its files hold is used by itself once they have changed
  std::string_view meaning;           ///< a sentence or two

  [[nodiscard]] std::string flag() const;  ///< "--keep-alive-timeout"
  [[nodiscard]] bool is_setting() const { return std::holds_alternative<Kind>(effect); }
  /// Whether it is a flag, a variable and a key outside of tables.
  [[nodiscard]] bool is_flat() const { return reach != Reach::table; }

  // For settings only:
  [[nodiscard]] const Kind& kind() const;
  [[nodiscard]] Scope scope() const;
  /// Those of the server and of listeners need a restart unless their row says otherwise, all others a
  /// reload.
  [[nodiscard]] Change needs() const;
  /// What its flag means without a value; nothing: it needs one. A switch alone is on.
  [[nodiscard]] std::optional<std::string_view> alone() const;
  [[nodiscard]] bool is_list() const { return std::holds_alternative<List>(kind()); }
  [[nodiscard]] std::string key() const;        ///< in the configuration file: "keep_alive_timeout"
  [[nodiscard]] std::string table_key() const;  ///< the same, in a table
  [[nodiscard]] std::string variable() const;   ///< in the environment: "BOBBIN_KEEP_ALIVE_TIMEOUT"
  [[nodiscard]] std::string allowed() const;
  [[nodiscard]] const FileTypes& file_types() const;
  /// The default as an operator would write it, or words in parentheses where that is nothing.
  [[nodiscard]] std::string default_text(Profile profile) const;
};

[[nodiscard]] std::span<const Option> options();
/// The option of this name. It must exist and be a setting.
[[nodiscard]] const Option& option_named(std::string_view name);

/// A value and the place that a message about it names: "--port", "BOBBIN_PORT", "bobbin.toml:3:8: port".
struct Value {
  std::string place;
  std::string text;
};
/// What one source says about one option: exactly one value, or any number of values for a list.
struct Setting {
  const Option* option = nullptr;
  std::string place;
  std::vector<Value> values;
};

/// Makes a setting from a text in which separators stand between the items of a list.
[[nodiscard]] Setting setting_from_text(const Option& option, const std::string& place,
                                        std::string_view text);

/// Sets the option in `target`. The error is a message that names the place, the value and what is allowed.
[[nodiscard]] Result<void, std::string> apply(const Setting& setting, const Target& target);

/// `place: "text" is not allowed; allowed`, on one line whatever the text holds.
[[nodiscard]] std::string not_allowed(const Value& value, std::string_view allowed);
/// The text with control characters and bytes that are not UTF-8 as \xHH, so that a message stays one line.
[[nodiscard]] std::string escaped(std::string_view text);
/// The same in double quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace bobbin::app
