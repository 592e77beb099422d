#include "observe/event.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace bobbin::observe {
namespace {

using testing::UnorderedElementsAreArray;

struct Row {
  std::string level;
  std::string event;

  friend bool operator==(const Row&, const Row&) = default;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.level << ' ' << row.event; }

#define BOBBIN_EVENT_VALUE(level, name) Event::name,
constexpr Event kAll[] = {BOBBIN_EVENTS(BOBBIN_EVENT_VALUE)};
#undef BOBBIN_EVENT_VALUE

/// The rows of the table of messages, each event once: it may have several lines. A line that has no event
/// fails the test.
std::vector<Row> documented() {
  std::ifstream page(BOBBIN_SOURCE_DIR "/docs/log.md");
  EXPECT_TRUE(page);
  const std::regex row(R"(\| (error|warning|info|debug) \| (?:`([a-z0-9_]+)`)? ?\| .*)");
  std::map<std::string, Row> rows;
  std::smatch parts;
  for (std::string line; std::getline(page, line);) {
    if (!std::regex_match(line, parts, row)) continue;
    EXPECT_TRUE(parts[2].matched) << line;
    const auto [known, is_new] = rows.try_emplace(parts[2], Row{parts[1], parts[2]});
    EXPECT_EQ(known->second.level, parts[1].str()) << "an event has one level: " << line;
  }
  std::vector<Row> result;
  for (const auto& [name, each] : rows) result.push_back(each);
  return result;
}

TEST(EventTest, NamesAreOfLowerCaseAndUnique) {
  std::set<std::string_view> names;
  for (const Event event : kAll) {
    EXPECT_THAT(std::string(name_of(event)), testing::MatchesRegex("[a-z][a-z0-9]*(_[a-z0-9]+)*"));
    EXPECT_TRUE(names.insert(name_of(event)).second) << name_of(event);
  }
}

TEST(EventTest, ThePageOfTheLogHasEveryEventWithItsLevelAndNoOther) {
  std::vector<Row> known;
  for (const Event event : kAll)
    known.push_back({std::string(name_of(level_of(event))), std::string(name_of(event))});
  EXPECT_THAT(documented(), UnorderedElementsAreArray(known));
}

TEST(EventTest, LevelsAreNamedAsTheOptionNamesThem) {
  EXPECT_EQ(name_of(level_of(Event::reload_refused)), "error");
  EXPECT_EQ(name_of(level_of(Event::pool_saturated)), "warning");
  EXPECT_EQ(name_of(level_of(Event::server_started)), "info");
  EXPECT_EQ(name_of(level_of(Event::request_answered)), "debug");
}

}  // namespace
}  // namespace bobbin::observe
