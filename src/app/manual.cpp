#include "app/manual.h"

#include <algorithm>
#include <fmt/format.h>

#include "app/options.h"

namespace bobbin::app {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kTextColumn = 36;

constexpr std::string_view kUsage = R"(Usage: bobbin [PORT [HOST [THREADS]]] [options]

Serves the files of a directory over HTTP/1.1 and keeps the JSON documents that clients post.

Every option but the general ones is also a key of the configuration file and an environment
variable: --max-head 16KiB, max_head = "16KiB" and BOBBIN_MAX_HEAD=16KiB are the same.
A flag goes before an environment variable, that before the file, and the file before the default.
A list is given by repeating the flag or with commas (for --header: line ends).
A time without a unit is in seconds.
)";

constexpr std::string_view kIntroduction = R"(# Configuration

This page is made from the program's table of options: `bobbin --help-markdown > docs/configuration.md`.

    bobbin [PORT [HOST [THREADS]]] [options]

An option can be given as a flag, as an environment variable and as a key of the configuration file. A flag goes before
an environment variable, that before the file, and the file before the default. Every value is judged, even one that a
stronger source overrides.

- **Flags**: `--name VALUE` or `--name=VALUE`. A list is given by repeating the flag or with commas (`--header`: with line ends). `PORT`, `HOST` and
  `THREADS` without a flag are `--port`, `--bind` and `--threads`; giving both is an error.
- **Environment**: `BOBBIN_NAME`; a list has commas. An empty variable is an empty value, not a missing one.
- **Configuration file**: TOML, named by `--config FILE` or `BOBBIN_CONFIG`; there is none by default. Relative names in it
  start at the directory where bobbin is started, as on the command line. A list is an array of strings, an on/off
  switch a boolean.
- **Times**: `30` or `30s` (seconds), `500ms`, `2m`, `1h`, also `1.5s`; in the file a number or a string.
- **Sizes**: `16384`, `16KiB` or `16k`, `1MiB` or `1M`, and so on with G and T, all powers of 1024; in the file an integer
  or a string.

```toml
port = 8080
bind = ["127.0.0.1", "::1"]
root = "/srv/www"
keep_alive_timeout = "15s"
max_upload = "4MiB"
access_log = false
```

A mistake is one line on standard error that names the place, the value and what is allowed. The exit code is 2 for the
command line and the environment, and 78 for the configuration file:

```
$ bobbin --port http
bobbin: --port: "http" is not allowed; a whole number from 0 to 65535
$ bobbin --config bobbin.toml
bobbin: bobbin.toml:3:1: treads: no such key; did you mean threads?
```
)";

/// Appends words to a line that stands at `column`, breaking before kColumns and indenting to kTextColumn.
void append_wrapped(std::string& out, std::string_view text) {
  std::size_t column = kTextColumn;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (column > kTextColumn && column + 1 + word.size() > kColumns) {
      out += '\n' + std::string(kTextColumn, ' ');
      column = kTextColumn;
    } else if (column > kTextColumn) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  out += '\n';
}

/// "-p, --port PORT"
std::string usage(const Option& option) {
  const std::string name =
      option.short_flag.empty() ? option.flag() : std::string(option.short_flag) + ", " + option.flag();
  return option.placeholder.empty() ? name : name + " " + std::string(option.placeholder);
}

std::string help_entry(const Option& option) {
  const std::string indent = option.short_flag.empty() ? "      " : "  ";
  std::string entry = fmt::format("{:<{}}", indent + usage(option), kTextColumn);
  append_wrapped(entry, option.meaning);
  if (option.is_setting()) {
    entry += std::string(kTextColumn, ' ');
    append_wrapped(entry, fmt::format("Default: {}. Allowed: {}.", option.default_text(), option.allowed()));
  }
  return entry;
}

/// Text for a cell of a table: a bar would end it.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

std::string markdown_row(const Option& option) {
  std::string flags = "`" + cell(usage(option)) + "`";
  if (!option.is_setting()) return fmt::format("| {} | {} |\n", flags, cell(option.meaning));
  return fmt::format("| {}<br>`{}`<br>`{}` | {} | {} | {} |\n", flags, option.key(), option.variable(),
                     cell(option.default_text()), cell(option.allowed()), cell(option.meaning));
}

}  // namespace

std::string help() {
  std::string text(kUsage);
  std::string_view group;
  for (const Option& option : options()) {
    if (option.group != group) text += fmt::format("\n{}\n", option.group);
    group = option.group;
    text += help_entry(option);
  }
  return text;
}

std::string markdown() {
  std::string text(kIntroduction);
  std::string_view group;
  for (const Option& option : options()) {
    if (option.group != group) {
      text += fmt::format("\n## {}\n\n", option.group);
      text += option.is_setting()
                  ? "| flag, key, variable | default | allowed | meaning |\n|---|---|---|---|\n"
                  : "| flag | meaning |\n|---|---|\n";
    }
    group = option.group;
    text += markdown_row(option);
  }
  return text;
}

}  // namespace bobbin::app
