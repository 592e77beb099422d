#include <fmt/format.h>

#include "app/completion_words.h"
#include "app/completions.h"
#include "app/usage.h"

namespace bobbin::app {
namespace zsh {
namespace {

constexpr std::string_view kBegin = R"(#compdef bobbin
# Completes the words of bobbin in zsh. Made by: bobbin --completions zsh

_bobbin() {
  local command=''
  local -a flags commands inbox_commands
)";

constexpr std::string_view kEnd = R"(  if (( CURRENT == 3 )) && [[ $words[2] == inbox ]]; then
    _describe command inbox_commands
    return
  fi
  if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then
    _describe command commands
    _directories
    return
  fi
  if (( CURRENT > 3 )) && [[ $words[2] == inbox ]]; then
    command="inbox $words[3]"
    shift 2 words
    (( CURRENT -= 2 ))
  elif (( CURRENT > 2 && $commands[(I)$words[2]:*] )); then
    command=$words[2]
    shift words
    (( CURRENT -= 1 ))
  fi
)";

/// The text in single quotes.
std::string in_single_quotes(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + '\'';
}

/// The text as a part of a specification, whose brackets and colons have a meaning.
std::string escaped_part(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

/// What proposes such values.
std::string proposal(const ValueWords& values) {
  switch (values.source) {
    case ValueWords::Source::words: return '(' + joined(values.words) + ')';
    case ValueWords::Source::files: return "_files";
    case ValueWords::Source::directories: return "_directories";
    case ValueWords::Source::nothing: break;
  }
  return " ";
}

/// "[meaning]", and the value behind the flag, if it takes one.
std::string description(const Option& option) {
  std::string text = '[' + escaped_part(short_meaning(option)) + ']';
  if (!option.placeholder.empty())
    text += fmt::format("{}{}:{}", stands_alone(option) ? "::" : ":", escaped_part(option.placeholder),
                        proposal(values_of(option)));
  return text;
}

/// The arguments for _arguments(1) that describe the option.
std::string specifications(const Option& option) {
  const bool has_value = !option.placeholder.empty();
  const std::string repeated = option.is_setting() && option.is_list() ? "*" : "";
  std::string text =
      "      " + in_single_quotes(repeated + option.flag() + (has_value ? "=" : "") + description(option)) +
      '\n';
  if (!option.short_flag.empty())
    text += "      " +
            in_single_quotes(repeated + std::string(option.short_flag) + (has_value ? "+" : "") +
                             description(option)) +
            '\n';
  return text;
}

std::string flags_of(const Usage& usage) {
  std::string text;
  for (const Option* option : options_of(usage)) text += specifications(*option);
  return text;
}

std::string choice_of_flags() {
  std::string text = "  case $command in\n";
  for (const Usage& usage : usages())
    if (usage.command)
      text += fmt::format("    {}) flags=(\n{}    ) ;;\n", in_single_quotes(usage.words), flags_of(usage));
  return text + fmt::format("    *) flags=(\n{}    ) ;;\n  esac\n", flags_of(usages().front()));
}

/// An element of an array for _describe(1).
std::string described(std::string_view word, std::string_view meaning) {
  return "    " + in_single_quotes(escaped_part(word) + ':' + std::string(meaning)) + '\n';
}

std::string commands() {
  std::string own;
  std::string inbox;
  for (const Usage& usage : usages()) {
    if (usage.words.starts_with("inbox "))
      inbox += described(usage.words.substr(6), usage.meaning);
    else if (usage.command)
      own += described(usage.words, usage.meaning);
  }
  own += described("inbox", kInboxMeaning);
  return fmt::format("  commands=(\n{}  )\n  inbox_commands=(\n{}  )\n", own, inbox);
}

std::string whole() {
  return std::string(kBegin) + commands() + std::string(kEnd) + choice_of_flags() +
         "  _arguments -S $flags '*:argument:_files'\n}\n\n_bobbin \"$@\"\n";
}

}  // namespace
}  // namespace zsh

std::string zsh_completions() { return zsh::whole(); }

}  // namespace bobbin::app
