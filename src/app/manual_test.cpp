#include "app/manual.h"

#include <algorithm>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

#include "app/config_file.h"
#include "app/options.h"
#include "app/test_parsing.h"
#include "app/usage.h"

namespace bobbin::app {
namespace {

using testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Help, FitsInAHundredColumns) {
  for (const std::string& line : lines_of(help())) {
    EXPECT_LE(line.size(), 100U) << line;
    EXPECT_FALSE(line.ends_with(' ')) << line;
  }
}

TEST(Help, ShowsAnOptionWithDefaultAndAllowedValues) {
  EXPECT_THAT(
      help(),
      HasSubstr("\n\nListening\n"
                "  -p, --port PORT                   The TCP port to listen on; 0 takes any free one.\n"
                "                                    Default: 8080. Allowed: a whole number from 0 to "
                "65535.\n"
                "  -b, --bind ADDRESS                "));
  EXPECT_THAT(help(), HasSubstr("\n      --allow-host HOST             Host values"));
  EXPECT_THAT(help(), HasSubstr("Default: (standard output). Allowed: the name of a file,\n"));
}

TEST(Help, HasEveryOptionAndEveryGroupOnce) {
  const std::vector<std::string> lines = lines_of(help());
  std::set<std::string_view> groups;
  for (const Option& option : options()) {
    if (!option.is_flat()) continue;  // a key of a table, which is no flag
    groups.insert(option.group);
    const auto entries = std::ranges::count_if(lines, [&](const std::string& line) {
      return (line + " ").substr(0, 36).find(option.flag() + " ") == 6;
    });
    EXPECT_EQ(entries, 1) << option.flag();
  }
  for (const std::string_view group : groups) EXPECT_EQ(std::ranges::count(lines, group), 1) << group;
}

/// What is behind "bobbin" in a line.
std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  words.erase(words.begin());
  return words;
}

TEST(Help, EndsWithExamplesThatAreAllowed) {
  EXPECT_EQ(examples().size(), 3U);
  for (const Example& example : examples())
    for (const std::string_view command : example.commands) {
      EXPECT_THAT(help(), HasSubstr(std::string("      ") + std::string(command) + '\n'));
      std::vector<std::string> words = words_of(std::string(command));
      std::ranges::replace(words, std::string("/etc/bobbin/bobbin.toml"), std::string("bobbin.toml"));
      const ParseOutcome outcome = parse({.arguments = words, .file = "allow_host = \"example.org\""});
      const auto* error = std::get_if<ConfigError>(&outcome);
      EXPECT_EQ(error, nullptr) << command << ": " << error->message;
    }
}

TEST(OptionTable, WritesEveryDefaultAsAnOperatorWould) {
  for (const Option& option : options()) {
    if (!option.is_setting()) continue;
    SCOPED_TRACE(option.name);
    EXPECT_FALSE(option.default_text(Profile::classic).empty());
    OwnTarget own;
    const Target target = own.target();
    const std::string text = std::visit([&](const auto& kind) { return kind.text(target); }, option.kind());
    if (option.scope() == Scope::mount || option.name == "names" || option.name == "rule-path" ||
        option.name == "inbox-name" || option.name == "inbox-dir" || option.name == "inbox-target")
      continue;  // which must be given
    EXPECT_TRUE(apply(setting_from_text(option, "test", text), target));
    EXPECT_EQ(own.server, ServerConfig{});
    EXPECT_EQ(own.listener, ListenerConfig{});
    EXPECT_EQ(own.site, SiteConfig{});
    EXPECT_EQ(own.rule, RuleConfig{});
    EXPECT_EQ(own.inbox, InboxConfig{});
  }
}

TEST(OptionTable, HasNoNameTwice) {
  std::set<std::string_view> names;
  for (const Option& option : options()) {
    EXPECT_TRUE(names.insert(option.name).second) << option.name;
    if (option.short_flag.empty()) continue;
    EXPECT_TRUE(names.insert(option.short_flag).second) << option.short_flag;
  }
}

std::string configuration_page() {
  std::ifstream file(BOBBIN_SOURCE_DIR "/docs/configuration.md");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(ConfigurationPage, IsWhatTheTableSays) {
  EXPECT_EQ(configuration_page(), markdown()) << "bobbin --help-markdown > docs/configuration.md";
}

TEST(ConfigurationPage, HasAnExampleThatIsAllowed) {
  const std::string page = markdown();
  const std::string begin = "```toml\n";
  const std::size_t start = page.find(begin) + begin.size();
  const auto contents =
      parse_configuration_file("example", page.substr(start, page.find("```", start) - start));
  ASSERT_TRUE(contents) << contents.error();
  EXPECT_GE(contents->settings.size(), 5U);
  for (const Setting& setting : contents->settings) {
    OwnTarget own;
    EXPECT_TRUE(apply(setting, own.target())) << setting.place;
  }
}

TEST(ConfigurationPage, EscapesBarsInTables) {
  EXPECT_THAT(
      markdown(),
      HasSubstr("| `--access-log on\\|off`<br>`access_log`<br>`BOBBIN_ACCESS_LOG` |  | on | on or off | "));
}

}  // namespace
}  // namespace bobbin::app
