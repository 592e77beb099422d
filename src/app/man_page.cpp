#include "app/man_page.h"

#include <fmt/format.h>

#include "app/manual.h"
#include "app/options.h"
#include "app/usage.h"

namespace bobbin::app {
namespace man {
namespace {

constexpr std::string_view kDescription = R"(.SH DESCRIPTION
.B bobbin
serves the files of a directory over HTTP/1.1 and HTTP/2, with or without TLS, and keeps the JSON documents that
clients post: an answer of 201 means that the document is on stable storage.
It stays in the foreground, runs as the user that started it, and never changes user.
.PP
The first word may be a command, else a directory, whose files are served as what they are; then nothing is taken, and
nothing is written.
Without a directory
.I resources
is served, and its files are offered as downloads.
.PP
An option can be given as a flag, as an environment variable and as a key of the configuration file.
A flag goes before an environment variable, that before the file, and the file before the default.
A list is given by repeating the flag or with commas.
A time without a unit is in seconds; 500ms, 2m and 1h have one.
10kB and 10MB are thousands and millions of bytes; 10KiB, 10K, 10MiB and 10M are powers of 1024.
on is also true, yes and 1; off is also false, no and 0.
)";

constexpr std::string_view kConfigurationFile = R"(.SH CONFIGURATION FILE
The file of \fB\-\-config\fR is TOML.
The keys of the options above, outside of tables, describe the server, its default listener and its default site.
Further sites, listeners, rules by path, mounts and inboxes are the tables
.BR [[site]] ,
.BR [[listener]] ,
.BR [[site.rule]] ,
.B [[site.mount]]
and
.BR [[site.inbox]] .
These keys stand in such tables only:
)";

constexpr std::string_view kEnd = R"(.SH SIGNALS
.TP
SIGTERM, SIGINT, SIGQUIT
Stop in order: what is in flight is completed within the time of \fB\-\-grace\-period\fR.
A second SIGINT cuts off what is left.
.TP
SIGHUP
Read the configuration file again and replace the old configuration as a whole.
.TP
SIGUSR1
Open the log file anew.
.TP
SIGUSR2
Let the program that is installed now take over, as \fBbobbin upgrade\fR does.
.SH EXIT STATUS
.TP
0
An orderly stop, or nothing was found wrong.
.TP
1
.B bobbin audit
has flagged something, or
.B bobbin inbox
has found that something is wrong or has no record.
.TP
2
A bad argument or environment variable, or a directory, certificate or other file that cannot be used.
.TP
3
A forced stop.
.TP
71
It cannot listen, or the system refuses descriptors or threads.
.TP
74
A sync of documents has failed, with \fB\-\-after\-sync\-failure exit\fR.
.TP
78
A bad or unreadable configuration file.
)";

/// What groff would take for something else than the character.
std::string_view glyph(char c) {
  switch (c) {
    case '\\': return "\\(rs";
    case '-': return "\\-";
    case '\'': return "\\(aq";
    case '"': return "\\(dq";
    case '`': return "\\(ga";
    case '^': return "\\(ha";
    case '~': return "\\(ti";
    default: return "";
  }
}

/// The text as it is, wherever it stands in a line. A period at the beginning of a line would be a request.
std::string text_of(std::string_view plain) {
  std::string result = plain.starts_with('.') ? "\\&" : "";
  for (const char c : plain) {
    const std::string_view special = glyph(c);
    result += special.empty() ? std::string_view(&c, 1) : special;
  }
  return result;
}

std::string bold(std::string_view plain) { return "\\fB" + text_of(plain) + "\\fR"; }

std::string italic(std::string_view plain) { return "\\fI" + text_of(plain) + "\\fR"; }

std::string synopsis() {
  std::string text = ".SH SYNOPSIS\n.nf\n";
  for (const Usage& usage : usages()) {
    const std::string words = usage.words.empty() ? "bobbin" : "bobbin " + std::string(usage.words);
    text += bold(words) + ' ' + italic(usage.arguments) + '\n';
  }
  return text + ".fi\n";
}

std::string commands() {
  std::string text = ".SH COMMANDS\n";
  for (const Usage& usage : usages())
    if (usage.command)
      text += fmt::format(".TP\n{} {}\n{}.\n", bold(usage.words), italic(usage.arguments),
                          text_of(usage.meaning));
  return text;
}

/// "-p, --port PORT"
std::string tag_of(const Option& option) {
  std::string text = option.short_flag.empty() ? "" : bold(option.short_flag) + ", ";
  text += bold(option.flag());
  return option.placeholder.empty() ? text : text + ' ' + italic(option.placeholder);
}

std::string range_of(const Option& option) {
  return fmt::format("Default: {}.\nAllowed: {}.\n", text_of(default_of(option)), text_of(option.allowed()));
}

std::string entry_of(const Option& option) {
  std::string text = fmt::format(".TP\n{}\n{}\n", tag_of(option), text_of(option.meaning));
  if (!option.is_setting()) return text;
  return text + range_of(option) +
         fmt::format("Key: {}; variable: {}.\n", text_of(option.key()), text_of(option.variable()));
}

std::string all_examples() {
  std::string text = ".SH EXAMPLES\n";
  for (const Example& example : examples()) {
    text += fmt::format(".TP\n{}:\n.EX\n", text_of(example.purpose));
    for (const std::string_view command : example.commands) text += text_of(command) + '\n';
    text += ".EE\n";
  }
  return text;
}

std::string all_flags() {
  std::string text = ".SH OPTIONS\n";
  std::string_view group;
  for (const Option& option : options()) {
    if (!option.is_flat()) continue;
    if (option.group != group) text += fmt::format(".SS {}\n", text_of(option.group));
    group = option.group;
    text += entry_of(option);
  }
  return text;
}

std::string_view table_of(const Option& option) {
  switch (option.scope()) {
    case Scope::listener: return "[[listener]]";
    case Scope::rule: return "[[site.rule]]";
    case Scope::mount: return "[[site.mount]]";
    case Scope::inbox: return "[[site.inbox]]";
    case Scope::server:
    case Scope::site: break;
  }
  return "[[site]]";
}

std::string keys_of_tables() {
  std::string text;
  for (const Option& option : options())
    if (!option.is_flat())
      text += fmt::format(".TP\n{} {}\n{}\n{}", text_of(table_of(option)), bold(option.table_key()),
                          text_of(option.meaning), range_of(option));
  return text;
}

std::string whole() {
  std::string text =
      ".\\\" Made by: bobbin --help-man\n.TH BOBBIN 1 \"\" \"bobbin " BOBBIN_VERSION "\" \"User Commands\"\n";
  text += ".SH NAME\nbobbin \\- serve a directory over HTTP, and keep the documents that clients post\n";
  text += synopsis();
  text += kDescription;
  text += commands();
  text += all_flags();
  text += kConfigurationFile;
  text += keys_of_tables();
  text += kEnd;
  return text += all_examples();
}

}  // namespace
}  // namespace man

std::string man_page() { return man::whole(); }

}  // namespace bobbin::app
