#include <fmt/format.h>

#include "app/completion_words.h"
#include "app/completions.h"
#include "app/usage.h"

namespace bobbin::app {
namespace fish {
namespace {

constexpr std::string_view kBegin =
    R"(# Completes the words of bobbin in fish. Made by: bobbin --completions fish

# Whether the words before the cursor begin with these.
function __bobbin_behind
    set -l typed (commandline -opc)
    string match -q -- "$argv *" "$typed[2..-1] "
end

# Whether they are exactly these.
function __bobbin_at
    set -l typed (commandline -opc)
    test "$typed[2..-1]" = "$argv"
end

function __bobbin_serves
    set -l typed (commandline -opc)
    not contains -- "$typed[2]" {commands}
end

complete -c bobbin -f
complete -c bobbin -n __bobbin_serves -a '(__fish_complete_directories)'
)";

/// The text in single quotes.
std::string in_single_quotes(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + '\'';
}

/// The flags of complete(1) that propose such values.
std::string proposal(const Option& option) {
  if (option.placeholder.empty()) return "";
  const ValueWords values = values_of(option);
  std::string needed = stands_alone(option) ? "" : " -x";
  switch (values.source) {
    case ValueWords::Source::words: return needed + " -a " + in_single_quotes(joined(values.words));
    case ValueWords::Source::files: return stands_alone(option) ? " -F" : " -r -F";
    case ValueWords::Source::directories: return needed + " -a '(__fish_complete_directories)'";
    case ValueWords::Source::nothing: break;
  }
  return needed;
}

std::string line_of(const Option& option, std::string_view condition) {
  std::string text = fmt::format("complete -c bobbin -n {} -l {}", in_single_quotes(condition), option.name);
  if (!option.short_flag.empty()) text += fmt::format(" -s {}", option.short_flag.substr(1));
  return text + fmt::format("{} -d {}\n", proposal(option), in_single_quotes(short_meaning(option)));
}

/// Proposes a word of a command where the words before the cursor are `before`.
std::string word_line(std::string_view before, std::string_view word, std::string_view meaning) {
  return fmt::format("complete -c bobbin -n {} -a {} -d {}\n",
                     in_single_quotes(fmt::format("__bobbin_at {}", before)), word,
                     in_single_quotes(meaning));
}

std::string lines_of(const Usage& usage) {
  std::string text;
  const std::string condition =
      usage.command ? fmt::format("__bobbin_behind {}", usage.words) : "__bobbin_serves";
  if (usage.words.starts_with("inbox ")) {
    text += word_line("inbox", usage.words.substr(6), usage.meaning);
    text += fmt::format("complete -c bobbin -n {} -F\n", in_single_quotes(condition));
  } else if (usage.command) {
    text += word_line("", usage.words, usage.meaning);
    text += fmt::format("complete -c bobbin -n {} -F\n", in_single_quotes(condition));
  }
  for (const Option* option : options_of(usage)) text += line_of(*option, condition);
  return text;
}

std::string whole() {
  std::string text = fmt::format(fmt::runtime(kBegin), fmt::arg("commands", joined(first_words())));
  text += word_line("", "inbox", kInboxMeaning);
  for (const Usage& usage : usages()) text += lines_of(usage);
  return text;
}

}  // namespace
}  // namespace fish

std::string fish_completions() { return fish::whole(); }

}  // namespace bobbin::app
