#include "app/man_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

#include "app/options.h"

namespace bobbin::app {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ManPage, HasTheSectionsThatManPagesHaveInTheirOrder) {
  const std::string page = man_page();
  std::size_t last = 0;
  for (const std::string_view section : {"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS",
                                         "CONFIGURATION FILE", "SIGNALS", "EXIT STATUS", "EXAMPLES"}) {
    const std::size_t place = page.find("\n.SH " + std::string(section) + '\n');
    ASSERT_NE(place, std::string::npos) << section;
    EXPECT_GT(place, last) << section;
    last = place;
  }
}

TEST(ManPage, ShowsAnOptionWithDefaultAllowedValuesKeyAndVariable) {
  EXPECT_THAT(man_page(), HasSubstr(".TP\n\\fB\\-p\\fR, \\fB\\-\\-port\\fR \\fIPORT\\fR\n"
                                    "The TCP port to listen on; 0 takes any free one.\n"
                                    "Default: 8080.\nAllowed: a whole number from 0 to 65535.\n"
                                    "Key: port; variable: BOBBIN_PORT.\n"));
  EXPECT_THAT(man_page(), HasSubstr(".TP\n[[site.rule]] \\fBpath\\fR\n"));
}

TEST(ManPage, HasNoLineThatGroffWouldTakeForARequest) {
  std::istringstream lines(man_page());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line, Not(testing::StartsWith("'")));
    if (!line.starts_with('.')) continue;
    EXPECT_THAT(line, testing::ContainsRegex("^\\.(SH|SS|TH|TP|PP|B|BR|I|EX|EE|nf|fi|\\\\\")( |$)"));
  }
}

}  // namespace
}  // namespace bobbin::app
