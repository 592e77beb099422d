#include "app/manual.h"

#include <algorithm>
#include <fmt/format.h>

#include "app/options.h"
#include "app/usage.h"

namespace bobbin::app {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kTextColumn = 36;

constexpr std::string_view kAbout = R"(
Serves the files of a directory over HTTP/1.1 and keeps the JSON documents that clients post.

Every option but the general ones is also a key of the configuration file and an environment
variable: --max-head 16KiB, max_head = "16KiB" and BOBBIN_MAX_HEAD=16KiB are the same.
A flag goes before an environment variable, that before the file, and the file before the default.
A list is given by repeating the flag or with commas (for --header: line ends).
A time without a unit is in seconds. 10kB and 10MB are thousands and millions of bytes; 10KiB, 10K,
10MiB and 10M are powers of 1024. on is also true, yes and 1; off is also false, no and 0.
The first word may be a directory, as in: bobbin site, bobbin . (the profile is folder then).
Further sites, listeners, rules by path, mounts and inboxes are tables of the configuration file.
)";

constexpr std::string_view kIntroduction = R"(# Configuration

This page is made from the program's table of options: `bobbin --help-markdown > docs/configuration.md`.

    bobbin [DIR] [PORT [HOST [THREADS]]] [options]
    bobbin audit [DIR] [options]
    bobbin doctor [DIR] [options]
    bobbin explain [METHOD] URL [DIR] [options]
    bobbin upgrade [options]
    bobbin inbox ls|next|reclaim DIR [options]
    bobbin inbox work DIR [options] -- COMMAND [ARGUMENT...]
    bobbin inbox forward DIR --to URL [options]
    bobbin inbox drain DIR --to s3://BUCKET/PREFIX [options]
    bobbin inbox pull DIR --from s3://BUCKET/PREFIX [options]
    bobbin inbox done|fail|replay DIR FILE...
    bobbin inbox verify|cat|prove DIR

[`bobbin audit`](audit.md) says what the first one would serve, and [`bobbin explain`](explain.md) what it would answer to one request, and why. [`bobbin upgrade`](upgrade.md) lets the program that is installed now take over from a server. `bobbin inbox`
[takes records out of an inbox](inbox.md#commands), or [looks at an upload folder](durability.md#check-it-yourself), and reads no configuration. An option can be given as a flag, as an environment variable and as a key of the configuration file. A flag goes before
an environment variable, that before the file, and the file before the default. Every value is judged, even one that a
stronger source overrides.

- **Flags**: `--name VALUE` or `--name=VALUE`. A list is given by repeating the flag or with commas (`--header`: with line ends). `PORT`, `HOST` and
  `THREADS` without a flag are `--port`, `--bind` and `--threads`; giving both is an error. `DIR` is `--root`, and makes `folder` the
  default of `--profile`; digits are always a port, so a directory `8000` is `./8000`.
- **Environment**: `BOBBIN_NAME`; a list has commas. An empty variable is an empty value, not a missing one. A variable that begins with
  `BOBBIN_` and is none of these is a warning in the log; so is a value such as `tcp://10.96.0.5:80`, which Kubernetes gives to `BOBBIN_PORT`
  when a Service is named bobbin, and which is left out.
- **Configuration file**: TOML, named by `--config FILE` or `BOBBIN_CONFIG`; there is none by default. Relative names in it
  start at the directory where bobbin is started, as on the command line. A list is an array of strings, or one
  string for a list of one. Keys outside of tables describe the default listener and the default site; `[[listener]]` and `[[site]]` add others.
- **Changes** of the file are used after a [reload](operating.md#reload) (SIGHUP), or after an [upgrade](upgrade.md), which a restart can stand for, as the
  tables say. Flags and variables are those of the start.
- **Switches**: `on`, `true`, `yes`, `1` and `off`, `false`, `no`, `0`; in the file also the booleans.
- **Times**: `30` or `30s` (seconds), `500ms`, `2m`, `1h`, also `1.5s`; in the file a number or a string.
- **Sizes**: `16384`; `16KiB` or `16k`, `1MiB` or `1M`, and so on with G and T, are powers of 1024; `16kB`, `1MB`, `1GB`, `1TB` powers
  of 1000. In the file an integer or a string.

```toml
port = 8080
bind = ["127.0.0.1", "::1"]
root = "/srv/www"
keep_alive_timeout = "15s"
max_upload = "4MiB"
access_log = false

[[site]]
names = ["example.org", "*.example.org"]
root = "/srv/example"

[[site]]
names = "docs.example.org"
root = "/srv/docs"
download = ["zip"]

[[site.rule]]
path = "/assets/**"
cache_control = "public, max-age=31536000, immutable"

[[site.mount]]
path = "/manual"
root = "/usr/share/doc/example"
```

A `[[site]]` needs `names` and `root`, takes the keys below that say so, and has the profile `folder` unless it says otherwise; it inherits
nothing from the keys outside of tables. A request goes to the site whose name for its Host says most: the exact one, else the longest `*.NAME`.
The default site is there when no `[[site]]` is, or when `root` is given outside of tables; it answers for the addresses listened on and for
`allow_host`. A Host that nobody answers for is refused with 403. In the same way a `[[listener]]` takes the keys below that say so, and the default
listener is there besides when one of these is given outside of tables. [tls.md](tls.md) is about TLS.

A mistake is one line on standard error that names the place, the value and what is allowed. The exit code is 2 for the
command line and the environment, and 78 for the configuration file. Where values are allowed but do not go together, or name
what cannot be used, it is 2 wherever they stand:

```
$ bobbin --port http
bobbin: --port: "http" is not allowed; a whole number from 0 to 65535
$ bobbin --config bobbin.toml
bobbin: bobbin.toml:3:1: treads: no such key; did you mean threads? bobbin --help shows all
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

/// Each way to call the program on a line, with its meaning.
std::string usage_lines() {
  std::string text = "Usage: " + usages().front().line() + '\n';
  for (const Usage& each : usages().subspan(1))
    text += fmt::format("       {:<32}  {}\n", each.line(), each.meaning);
  return text;
}

std::string help_entry(const Option& option) {
  const std::string indent = option.short_flag.empty() ? "      " : "  ";
  std::string entry = fmt::format("{:<{}}", indent + usage(option), kTextColumn);
  append_wrapped(entry, option.meaning);
  if (option.is_setting()) {
    entry += std::string(kTextColumn, ' ');
    append_wrapped(entry, fmt::format("Default: {}. Allowed: {}.", default_of(option), option.allowed()));
  }
  return entry;
}

/// A text for a cell of a table, with its bars escaped, since a bar would end the cell.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

/// The table of the configuration file in which the option can stand.
std::string where(const Option& option) {
  if (option.scope() == Scope::listener && option.key_in_table.empty()) return "`[[listener]]`";
  if (option.scope() == Scope::listener) return fmt::format("`[[listener]]`, as `{}`", option.key_in_table);
  if (option.scope() == Scope::rule) return fmt::format("`[[site.rule]]`, as `{}`", option.key_in_table);
  if (option.scope() == Scope::mount) return fmt::format("`[[site.mount]]`, as `{}`", option.key_in_table);
  if (option.scope() == Scope::inbox) return fmt::format("`[[site.inbox]]`, as `{}`", option.key_in_table);
  return option.scope() == Scope::site && option.reach != Option::Reach::flat ? "`[[site]]`" : "";
}

/// How a new value comes to be used.
std::string_view what_changes(const Option& option) {
  if (option.needs() == Option::Change::restart) return "upgrade";
  return option.follows_files ? "reload; the content of the file by itself" : "reload";
}

std::string markdown_row(const Option& option) {
  std::string flags = "`" + cell(usage(option)) + "`";
  if (!option.is_setting()) return fmt::format("| {} | {} |\n", flags, cell(option.meaning));
  const std::string names = option.is_flat()
                                ? fmt::format("{}<br>`{}`<br>`{}`", flags, option.key(), option.variable())
                                : fmt::format("`{}`", option.table_key());
  return fmt::format("| {} | {} | {} | {} | {} | {} |\n", names, where(option), cell(default_of(option)),
                     cell(option.allowed()), what_changes(option), cell(option.meaning));
}

}  // namespace

std::string default_of(const Option& option) {
  std::string text = option.default_text(Profile::classic);
  const std::string in_folder = option.default_text(Profile::folder);
  if (in_folder != text && option.name != "profile")
    text += fmt::format("; with the profile folder: {}", in_folder);
  return text;
}

std::string help() {
  std::string text = usage_lines() + std::string(kAbout);
  std::string_view group;
  for (const Option& option : options()) {
    if (!option.is_flat()) continue;
    if (option.group != group) text += fmt::format("\n{}\n", option.group);
    group = option.group;
    text += help_entry(option);
  }
  text += "\nExamples\n";
  for (const Example& example : examples()) {
    text += fmt::format("  {}:\n", example.purpose);
    for (const std::string_view command : example.commands) text += fmt::format("      {}\n", command);
  }
  return text;
}

std::string markdown() {
  std::string text(kIntroduction);
  std::string_view group;
  for (const Option& option : options()) {
    if (option.group != group) {
      text += fmt::format("\n## {}\n\n", option.group);
      text += option.is_setting() ? "| flag, key, variable | also in | default | allowed | changes by | "
                                    "meaning |\n|---|---|---|---|---|---|\n"
                                  : "| flag | meaning |\n|---|---|\n";
    }
    group = option.group;
    text += markdown_row(option);
  }
  return text;
}

}  // namespace bobbin::app
