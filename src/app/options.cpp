#include "app/options.h"

#include <algorithm>
#include <fmt/format.h>

#include "app/option_values.h"
#include "app/profile.h"
#include "base/assert.h"

namespace bobbin::app {
namespace {

std::string with_underscores(std::string_view name) {
  std::string result(name);
  std::ranges::replace(result, '-', '_');
  return result;
}

/// The words for what an empty value of the option means.
std::string_view empty_means(const Kind& kind) {
  if (const auto* text = std::get_if<Text>(&kind)) return text->empty_means;
  if (const auto* list = std::get_if<List>(&kind)) return list->empty_means;
  return "";
}

}  // namespace

const Option& option_named(std::string_view name) {
  const auto found = std::ranges::find(options(), name, &Option::name);
  ASSERT(found != options().end());
  return *found;
}

const Kind& Option::kind() const {
  const auto* kind = std::get_if<Kind>(&effect);
  ASSERT(kind != nullptr);
  return *kind;
}

Option::Change Option::needs() const {
  const bool is_of_process = scope() == Scope::server || scope() == Scope::listener;
  return change.value_or(is_of_process ? Change::restart : Change::reload);
}

Scope Option::scope() const {
  return std::visit([](const auto& k) { return k.member.scope(); }, kind());
}

std::string Option::flag() const { return "--" + std::string(name); }

std::string Option::key() const { return with_underscores(name); }

std::string Option::table_key() const { return key_in_table.empty() ? key() : std::string(key_in_table); }

std::string Option::variable() const {
  std::string upper = with_underscores(name);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return "BOBBIN_" + upper;
}

std::optional<std::string_view> Option::alone() const {
  if (!is_setting()) return std::nullopt;
  if (std::holds_alternative<Switch>(kind())) return "on";
  return value_alone.empty() ? std::nullopt : std::optional(value_alone);
}

std::string Option::allowed() const {
  return std::visit([](const auto& k) { return k.allowed(); }, kind());
}

const FileTypes& Option::file_types() const {
  // A text that says on or off as well.
  static constexpr FileTypes kSwitchOrText{.name = "a boolean or a string", .boolean = true, .string = true};
  if (value_alone == "on" && std::holds_alternative<Text>(kind())) return kSwitchOrText;
  return std::visit([](const auto& k) -> const FileTypes& { return k.kFileTypes; }, kind());
}

std::string Option::default_text(Profile profile) const {
  OwnTarget own{.site = defaults_of(profile)};
  std::string text = std::visit([&](const auto& k) { return k.text(own.target()); }, kind());
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

Result<void, std::string> apply(const Setting& setting, const Target& target) {
  const Option& option = *setting.option;
  if (const auto* list = std::get_if<List>(&option.kind())) {
    if (setting.values.empty() && list->empty_means.empty()) {
      return failure(fmt::format("{}: an empty list is not allowed; {}", setting.place, option.allowed()));
    }
    list->member.in(target).clear();
  }
  for (const Value& value : setting.values) {
    if (!std::visit([&](const auto& k) { return k.assign(target, value.text); }, option.kind())) {
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
