#include "app/config_file.h"

#include <algorithm>
#include <fmt/format.h>
#include <span>
#include <utility>
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include "app/nearest_name.h"

namespace bobbin::app {
namespace {

std::string position(const std::string& name, const toml::source_region& source) {
  return fmt::format("{}:{}:{}", escaped(name), source.begin.line, source.begin.column);
}

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string: return "a string";
    case toml::node_type::integer: return "an integer";
    case toml::node_type::floating_point: return "a floating-point number";
    case toml::node_type::boolean: return "a boolean";
    case toml::node_type::array: return "an array";
    case toml::node_type::table: return "a table";
    default: return "a date or time";
  }
}

/// The text that means the same on the command line. Nothing when the node has none of the types.
std::optional<std::string> scalar_text(const toml::node& node, const FileTypes& types) {
  if (const auto* string = node.as_string(); string != nullptr && types.string) return string->get();
  if (const auto* integer = node.as_integer(); integer != nullptr && types.integer)
    return std::to_string(integer->get());
  if (const auto* number = node.as_floating_point(); number != nullptr && types.fraction) {
    return fmt::format("{}", number->get());
  }
  if (const auto* boolean = node.as_boolean(); boolean != nullptr && types.boolean)
    return boolean->get() ? "on" : "off";
  return std::nullopt;
}

struct Entry {
  const toml::key* key;
  const toml::node* node;
};

/// The entries in the order of their lines. (toml++ sorts a table by key.) Mistakes are reported in this
/// order, since people mend a file from the top.
std::vector<Entry> in_order(const toml::table& table) {
  std::vector<Entry> entries;
  for (const auto& [key, node] : table) entries.push_back({&key, &node});
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    const toml::source_position x = a.key->source().begin;
    const toml::source_position y = b.key->source().begin;
    return x < y;
  });
  return entries;
}

struct TableName {
  std::string_view key;
  Scope scope;
  std::string_view within = {};  // the table in which it stands, with a dot
};
constexpr TableName kTableNames[] = {{"listener", Scope::listener},
                                     {"site", Scope::site},
                                     {"rule", Scope::rule},
                                     {"mount", Scope::mount},
                                     {"inbox", Scope::inbox}};
constexpr TableName kTableNamesInSite[] = {
    {"rule", Scope::rule, "site."}, {"mount", Scope::mount, "site."}, {"inbox", Scope::inbox, "site."}};

std::string in_brackets(const TableName& table) { return fmt::format("[[{}{}]]", table.within, table.key); }

/// Reads one level of the file: the keys outside of tables (`table` is null then), or one table.
class Reader {
 public:
  Reader(const std::string& name, const TableName* table) : name_(name), table_(table) {}

  [[nodiscard]] Result<std::vector<Setting>, std::string> settings(const std::vector<Entry>& entries) const {
    std::vector<Setting> result;
    result.reserve(entries.size());
    for (const Entry& entry : entries) result.push_back(TRY(setting(*entry.key, *entry.node)));
    return result;
  }

 private:
  [[nodiscard]] Result<Setting, std::string> setting(const toml::key& key, const toml::node& node) const {
    const auto row = std::ranges::find_if(
        options(), [&](const Option& option) { return belongs_here(option) && key_of(option) == key.str(); });
    if (row == options().end()) return failure(unknown_key(key));
    Setting setting{&*row, place(*row, node), {}};
    const toml::array* items = node.as_array();
    if (items == nullptr) {
      setting.values.push_back(TRY(value(*row, node)));
      return setting;
    }
    if (!row->is_list()) return failure(wrong_type(*row, node));
    for (const toml::node& item : *items) setting.values.push_back(TRY(value(*row, item)));
    return setting;
  }

  [[nodiscard]] bool belongs_here(const Option& option) const {
    if (!option.is_setting()) return false;
    if (table_ == nullptr) return option.is_flat();
    return option.scope() == table_->scope && option.reach != Option::Reach::flat;
  }

  [[nodiscard]] std::string key_of(const Option& option) const {
    return table_ == nullptr ? option.key() : option.table_key();
  }

  [[nodiscard]] Result<Value, std::string> value(const Option& option, const toml::node& node) const {
    auto text = scalar_text(node, option.file_types());
    if (!text) return failure(wrong_type(option, node));
    return Value{place(option, node), *std::move(text)};
  }

  [[nodiscard]] std::string place(const Option& option, const toml::node& node) const {
    return position(name_, node.source()) + ": " + key_of(option);
  }

  [[nodiscard]] std::string wrong_type(const Option& option, const toml::node& node) const {
    return fmt::format("{}: {} is not allowed; {} is wanted: {}", place(option, node), type_name(node),
                       option.file_types().name, option.allowed());
  }

  [[nodiscard]] std::string unknown_key(const toml::key& key) const {
    std::vector<std::string> keys;
    for (const Option& option : options())
      if (belongs_here(option)) keys.push_back(key_of(option));
    const bool exists = std::ranges::any_of(options(), [&](const Option& option) {
      return option.is_setting() && (option.key() == key.str() || option.table_key() == key.str());
    });
    const std::string nearest = nearest_name(key.str(), keys);
    std::string hint = nearest.empty() ? "" : "did you mean " + nearest + "? ";
    if (exists)
      hint = table_ == nullptr ? "it stands in a " + tables_with(key.str()) + "; "
                               : "it stands before the first table; ";
    return fmt::format("{}: {}: no such key{}; {}bobbin --help shows all", position(name_, key.source()),
                       escaped(key.str()), table_ == nullptr ? "" : " in " + in_brackets(*table_), hint);
  }

  /// "[[listener]] or [[site]]"
  [[nodiscard]] static std::string tables_with(std::string_view key) {
    std::string tables;
    for (const TableName& table : kTableNames)
      if (std::ranges::any_of(options(), [&](const Option& option) {
            return option.is_setting() && option.scope() == table.scope && option.table_key() == key;
          }))
        tables += (tables.empty() ? "" : " or ") + in_brackets(table);
    return tables;
  }

  const std::string& name_;
  const TableName* table_;
};

/// Appends the tables of an array of tables.
[[nodiscard]] Result<void, std::string> read_tables(const std::string& name, const TableName& kind,
                                                    const Entry& entry, std::vector<Table>& tables);

/// Reads the tables among the entries, and returns the others.
[[nodiscard]] Result<std::vector<Entry>, std::string> without_tables(const std::string& name,
                                                                     std::span<const TableName> kinds,
                                                                     const toml::table& file,
                                                                     std::vector<Table>& tables) {
  std::vector<Entry> others;
  for (const Entry& entry : in_order(file)) {
    const auto kind = std::ranges::find(kinds, entry.key->str(), &TableName::key);
    if (kind == kinds.end())
      others.push_back(entry);
    else
      TRY(read_tables(name, *kind, entry, tables));
  }
  return others;
}

Result<void, std::string> read_tables(const std::string& name, const TableName& kind, const Entry& entry,
                                      std::vector<Table>& tables) {
  const toml::array* array = entry.node->as_array();
  if (array == nullptr || array->empty() || !array->is_homogeneous(toml::node_type::table))
    return failure(fmt::format("{}: {}: tables are wanted: {}", position(name, entry.key->source()), kind.key,
                               in_brackets(kind)));
  for (const toml::node& node : *array) {
    const std::string place = position(name, node.source()) + ": " + in_brackets(kind);
    Table table{.scope = kind.scope, .place = place, .settings = {}};
    std::span<const TableName> within;
    if (kind.scope == Scope::site) within = kTableNamesInSite;
    const auto entries = TRY(without_tables(name, within, *node.as_table(), table.tables));
    table.settings = TRY(Reader(name, &kind).settings(entries));
    tables.push_back(std::move(table));
  }
  return {};
}

[[nodiscard]] Result<toml::table, std::string> parse_toml(const std::string& name, std::string_view text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return failure(position(name, error.source()) + ": " + escaped(error.description()));
  }
}

}  // namespace

Result<FileContents, std::string> parse_configuration_file(const std::string& name, std::string_view text) {
  const toml::table file = TRY(parse_toml(name, text));
  FileContents contents;
  const auto flat = TRY(without_tables(name, kTableNames, file, contents.tables));
  contents.settings = TRY(Reader(name, nullptr).settings(flat));
  return contents;
}

}  // namespace bobbin::app
