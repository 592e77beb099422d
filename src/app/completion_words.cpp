#include "app/completion_words.h"

#include <algorithm>

#include "app/command_flags.h"

namespace bobbin::app {
namespace {

using Source = ValueWords::Source;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

/// "on" and "off" of "FILE|on|off": names of values are in capitals.
std::vector<std::string_view> words_in(std::string_view placeholder) {
  std::vector<std::string_view> words;
  while (!placeholder.empty()) {
    const std::string_view word = placeholder.substr(0, placeholder.find('|'));
    if (is_lower(word.front())) words.push_back(word);
    placeholder.remove_prefix(std::min(placeholder.size(), word.size() + 1));
  }
  return words;
}

std::vector<std::string_view> words_of(const Kind& kind) {
  const auto names = [](const auto& each) {
    std::vector<std::string_view> words;
    if constexpr (requires { each.names; })
      for (const auto& name : each.names) words.push_back(name.first);
    return words;
  };
  return std::visit(names, kind);
}

constexpr std::string_view kInboxWord = "inbox ";

bool is_about_inbox(const Usage& usage) { return usage.words.starts_with(kInboxWord); }

bool is_about(const Option& option, const CommandFlag& flag, Command command) {
  const auto* action = std::get_if<Action>(&option.effect);
  return action != nullptr && *action == flag.action && flag.commands.contains(command);
}

bool is_allowed(const Option& option, const Usage& usage) {
  if (!option.is_flat()) return false;
  if (option.name == "help") return true;
  if (option.group != "Commands") return !is_about_inbox(usage);
  return usage.command && std::ranges::any_of(command_flags(), [&](const CommandFlag& flag) {
           return is_about(option, flag, *usage.command);
         });
}

}  // namespace

ValueWords values_of(const Option& option) {
  std::vector<std::string_view> words;
  if (option.is_setting()) words = words_of(option.kind());
  if (words.empty()) words = words_in(option.placeholder);
  if (!words.empty()) return {Source::words, std::move(words)};
  if (option.placeholder == "FILE") return {.source = Source::files};
  if (option.placeholder == "DIR") return {.source = Source::directories};
  return {};
}

std::vector<const Option*> options_of(const Usage& usage) {
  std::vector<const Option*> result;
  for (const Option& option : options())
    if (is_allowed(option, usage)) result.push_back(&option);
  return result;
}

std::vector<std::string_view> first_words() {
  std::vector<std::string_view> words;
  for (const Usage& usage : usages()) {
    const std::string_view word = usage.words.substr(0, usage.words.find(' '));
    if (!word.empty() && std::ranges::find(words, word) == words.end()) words.push_back(word);
  }
  return words;
}

std::vector<std::string_view> inbox_words() {
  std::vector<std::string_view> words;
  for (const Usage& usage : usages())
    if (is_about_inbox(usage)) words.push_back(usage.words.substr(kInboxWord.size()));
  return words;
}

bool stands_alone(const Option& option) { return option.placeholder.empty() || option.alone(); }

std::string_view short_meaning(const Option& option) {
  std::string_view text = option.meaning;
  if (text.starts_with("Behind ")) text.remove_prefix(text.find(": ") + 2);
  text = text.substr(0, std::min({text.find(". "), text.find("; "), text.size()}));
  if (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

}  // namespace bobbin::app
