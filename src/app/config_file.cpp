#include "app/config_file.h"

#include <algorithm>
#include <fmt/format.h>
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

/// The text that means the same on the command line; nothing when the node is none of the types.
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

class Reader {
 public:
  explicit Reader(const std::string& name) : name_(name) {}

  [[nodiscard]] Result<Setting, std::string> setting(const toml::key& key, const toml::node& node) const {
    const auto row = std::ranges::find_if(
        options(), [&](const Option& option) { return option.is_setting() && option.key() == key.str(); });
    if (row == options().end()) return failure(unknown_key(key));
    Setting setting{&*row, place(*row, node), {}};
    const toml::array* items = node.as_array();
    if (row->is_list() != (items != nullptr)) return failure(wrong_type(*row, node));
    if (items == nullptr) {
      setting.values.push_back(TRY(value(*row, node)));
      return setting;
    }
    for (const toml::node& item : *items) setting.values.push_back(TRY(value(*row, item)));
    return setting;
  }

 private:
  [[nodiscard]] Result<Value, std::string> value(const Option& option, const toml::node& node) const {
    auto text = scalar_text(node, option.file_types());
    if (!text) return failure(wrong_type(option, node));
    return Value{place(option, node), *std::move(text)};
  }

  [[nodiscard]] std::string place(const Option& option, const toml::node& node) const {
    return position(name_, node.source()) + ": " + option.key();
  }

  [[nodiscard]] std::string wrong_type(const Option& option, const toml::node& node) const {
    return fmt::format("{}: {} is not allowed; {} is wanted: {}", place(option, node), type_name(node),
                       option.file_types().name, option.allowed());
  }

  [[nodiscard]] std::string unknown_key(const toml::key& key) const {
    std::vector<std::string> keys;
    for (const Option& option : options()) {
      if (option.is_setting()) keys.push_back(option.key());
    }
    const std::string nearest = nearest_name(key.str(), keys);
    return fmt::format("{}: {}: no such key; {}", position(name_, key.source()), escaped(key.str()),
                       nearest.empty() ? "docs/configuration.md has all" : "did you mean " + nearest + "?");
  }

  const std::string& name_;
};

[[nodiscard]] Result<toml::table, std::string> parse_toml(const std::string& name, std::string_view text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return failure(position(name, error.source()) + ": " + escaped(error.description()));
  }
}

}  // namespace

Result<std::vector<Setting>, std::string> parse_configuration_file(const std::string& name,
                                                                   std::string_view text) {
  const toml::table table = TRY(parse_toml(name, text));
  struct Entry {
    const toml::key* key;
    const toml::node* node;
  };
  // The table is sorted by key; whoever mends a file does it from the top.
  std::vector<Entry> entries;
  for (const auto& [key, node] : table) entries.push_back({&key, &node});
  std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
    const toml::source_position x = a.key->source().begin;
    const toml::source_position y = b.key->source().begin;
    return x < y;
  });
  std::vector<Setting> settings;
  settings.reserve(entries.size());
  for (const Entry& entry : entries) settings.push_back(TRY(Reader(name).setting(*entry.key, *entry.node)));
  return settings;
}

}  // namespace bobbin::app
