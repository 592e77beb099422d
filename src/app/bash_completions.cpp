#include <fmt/format.h>
#include <map>

#include "app/completion_words.h"
#include "app/completions.h"
#include "app/usage.h"

namespace bobbin::app {
namespace bash {
namespace {

constexpr std::string_view kBegin =
    R"(# Completes the words of bobbin in bash. Made by: bobbin --completions bash

_bobbin() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command='' flags=''
  # The sign in --name=value is a word of its own.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD-2]}
  fi
  COMPREPLY=()
  if ((COMP_CWORD > 2)) && [[ ${COMP_WORDS[1]} == inbox ]]; then
    command="inbox ${COMP_WORDS[2]}"
  elif ((COMP_CWORD > 1)); then
    command=${COMP_WORDS[1]}
  fi
)";

constexpr std::string_view kEnd = R"(  esac
  if [[ $command == inbox ]]; then
    mapfile -t COMPREPLY < <(compgen -W '{inbox}' -- "$current")
    return
  fi
  compopt -o filenames 2>/dev/null
  if [[ $command == inbox* || $command == explain ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
  fi
  mapfile -t COMPREPLY < <(compgen -d -- "$current")
  if ((COMP_CWORD == 1)); then
    mapfile -t -O "${{#COMPREPLY[@]}}" COMPREPLY < <(compgen -W '{commands}' -- "$current")
  fi
}}
complete -F _bobbin bobbin
)";

std::string flags_of(const Usage& usage) {
  std::string text;
  for (const Option* option : options_of(usage)) {
    if (!text.empty()) text += ' ';
    if (!option->short_flag.empty()) text += std::string(option->short_flag) + ' ';
    text += option->flag();
  }
  return text;
}

/// Chooses the flags that are allowed behind the command.
std::string choice_of_flags() {
  std::string text = "  case $command in\n";
  for (const Usage& usage : usages())
    if (usage.command) text += fmt::format("    '{}') flags='{}' ;;\n", usage.words, flags_of(usage));
  return text + fmt::format("    *) flags='{}' ;;\n  esac\n", flags_of(usages().front()));
}

/// What proposes such values, as a command of the shell.
std::string proposal(const ValueWords& values) {
  switch (values.source) {
    case ValueWords::Source::words:
      return fmt::format("mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$current\"); return",
                         joined(values.words));
    case ValueWords::Source::files:
      return "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return";
    case ValueWords::Source::directories:
      return "compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- \"$current\"); return";
    case ValueWords::Source::nothing: break;
  }
  return "return";
}

/// "-p | --port"
std::string pattern_of(const Option& option) {
  return option.short_flag.empty() ? option.flag() : std::string(option.short_flag) + " | " + option.flag();
}

/// Proposes the value of the flag before the cursor. Flags with the same values share a case.
std::string choice_of_values() {
  std::map<std::string, std::string> patterns;
  for (const Option& option : options()) {
    if (!option.is_flat() || option.placeholder.empty()) continue;
    std::string& pattern = patterns[proposal(values_of(option))];
    pattern += (pattern.empty() ? "" : " | ") + pattern_of(option);
  }
  std::string text =
      "  if [[ $current == -* ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$current\")\n"
      "    return\n"
      "  fi\n"
      "  case $previous in\n";
  for (const auto& [command, pattern] : patterns) text += fmt::format("    {}) {} ;;\n", pattern, command);
  return text;
}

std::string whole() {
  std::string text(kBegin);
  text += choice_of_flags();
  text += choice_of_values();
  return text + fmt::format(fmt::runtime(kEnd), fmt::arg("inbox", joined(inbox_words())),
                            fmt::arg("commands", joined(first_words())));
}

}  // namespace
}  // namespace bash

std::string bash_completions() { return bash::whole(); }

}  // namespace bobbin::app
