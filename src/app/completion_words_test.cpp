#include "app/completion_words.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/command_flags.h"
#include "app/test_parsing.h"

namespace bobbin::app {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Source = ValueWords::Source;

const Option& flag_named(std::string_view name) { return *std::ranges::find(options(), name, &Option::name); }

const Usage& usage_of(std::optional<Command> command) {
  return *std::ranges::find(usages(), command, &Usage::command);
}

std::string refusal_of(const char* first, const char* second) {
  const std::vector<const char*> arguments{first, second};
  const auto line = parse_command_line(arguments, [](const std::string&) { return false; });
  return line ? "" : line.error();
}

TEST(Usages, HaveEveryWordThatTheCommandLineKnows) {
  const std::string known = refusal_of("inbox", "nothing");  // which names all of them
  for (const std::string_view word : inbox_words()) EXPECT_THAT(known, HasSubstr(std::string(word)));
  const auto separators = std::ranges::count(known.substr(0, known.find(" is needed")), ',');
  EXPECT_EQ(static_cast<std::ptrdiff_t>(inbox_words().size()), separators + 2) << known;
}

TEST(Usages, NameCommandsByWordsThatTheCommandLineTakesForThem) {
  for (const std::string_view word : first_words()) {
    const std::string text(word);
    EXPECT_THAT(refusal_of(text.c_str(), ""), Not(HasSubstr('"' + text + "\" is no port")));
  }
  EXPECT_THAT(refusal_of("nothing", ""), HasSubstr("\"nothing\" is no port"));
}

TEST(Usages, HaveEveryCommandThatAFlagIsAbout) {
  for (const CommandFlag& flag : command_flags())
    for (const Command command : flag.commands)
      EXPECT_NE(std::ranges::find(usages(), command, &Usage::command), usages().end()) << flag.name;
}

TEST(ValuesOf, AreThoseOfAChoiceAndOfASwitch) {
  EXPECT_THAT(values_of(flag_named("log-level")).words, ElementsAre("error", "warning", "info", "debug"));
  EXPECT_THAT(values_of(flag_named("listing")).words, ElementsAre("on", "off"));
  EXPECT_THAT(values_of(flag_named("in")).words, ElementsAre("new", "work", "done", "failed"));
}

TEST(ValuesOf, AreFilesAndDirectoriesWhereThePlaceholderSaysSo) {
  EXPECT_EQ(values_of(flag_named("config")).source, Source::files);
  EXPECT_EQ(values_of(flag_named("root")).source, Source::directories);
  EXPECT_EQ(values_of(flag_named("port")).source, Source::nothing);
  EXPECT_EQ(values_of(flag_named("from")).source, Source::nothing);
}

TEST(OptionsOf, AreTheSettingsWhereItServes) {
  const auto serving = options_of(usage_of({}));
  EXPECT_THAT(serving, Contains(&flag_named("port")));
  EXPECT_THAT(serving, Not(Contains(&flag_named("json"))));
}

TEST(OptionsOf, AreThoseOfACommandBehindIt) {
  const auto ls = options_of(usage_of(Command::inbox_ls));
  EXPECT_THAT(ls, testing::UnorderedElementsAre(&flag_named("in"), &flag_named("json"), &flag_named("help")));
  const auto explain = options_of(usage_of(Command::explain));
  EXPECT_THAT(explain, Contains(&flag_named("root")));
  EXPECT_THAT(explain, Contains(&flag_named("from")));
  EXPECT_THAT(explain, Not(Contains(&flag_named("all"))));
}

TEST(ShortMeaning, IsOneSentence) {
  EXPECT_EQ(short_meaning(flag_named("port")), "The TCP port to listen on");
  EXPECT_EQ(short_meaning(flag_named("receipts")),
            "print what the digests in the journal are digests of, which is all but the documents");
}

}  // namespace
}  // namespace bobbin::app
