#include "feed/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string_view>
#include <utility>

namespace bobbin::feed {
namespace {

using ::testing::HasSubstr;

TEST(FeedQuery, HasDefaults) {
  EXPECT_EQ(*parse_query(""), (Query{.since = 0, .limit = 100, .wait = seconds(0)}));
}

TEST(FeedQuery, SaysWhatIsWanted) {
  EXPECT_EQ(*parse_query("since=42&limit=1000&wait=60"),
            (Query{.since = 42, .limit = 1000, .wait = seconds(60)}));
  EXPECT_EQ(*parse_query("wait=30s&limit=1"), (Query{.limit = 1, .wait = seconds(30)}));
  EXPECT_EQ(parse_query("since=18446744073709551615")->since, 18446744073709551615U);
}

TEST(FeedQuery, SaysWhatIsAllowed) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"since=", "since"},
      {"since=-1", "since"},
      {"since=+1", "since"},
      {"since=1.0", "since"},
      {"since", "since"},
      {"since=18446744073709551616", "since"},
      {"limit=0", "from 1 to 1000"},
      {"limit=1001", "from 1 to 1000"},
      {"limit=", "from 1 to 1000"},
      {"wait=61", "from 0 to 60"},
      {"wait=1m", "from 0 to 60"},
      {"wait=s", "from 0 to 60"},
      {"wait=1ss", "from 0 to 60"},
      {"sinc=1", "only since, limit and wait"},
      {"Since=1", "only since, limit and wait"},
      {"=1", "only since, limit and wait"},
      {"&", "only since, limit and wait"},
      {"since=1&&limit=1", "only since, limit and wait"},
      {"since=1&since=2", "since is there twice"},
      {"wait=1&since=1&wait=1", "wait is there twice"}};
  for (const auto& [query, expected] : cases) {
    const auto parsed = parse_query(query);
    ASSERT_FALSE(parsed) << query;
    EXPECT_THAT(parsed.error(), HasSubstr(expected)) << query;
  }
}

TEST(FeedQuery, IsItsTextAgain) {
  for (const Query& query :
       {Query{}, Query{.since = 7, .limit = 3, .wait = seconds(9)}, Query{.since = 18446744073709551615U}})
    EXPECT_EQ(*parse_query(text_of(query)), query);
}

TEST(LastEventId, IsASequence) {
  EXPECT_EQ(*parse_last_event_id("42"), 42U);
  for (const std::string_view value : {"", "x", "42x", " 42", "-1", "18446744073709551616"})
    EXPECT_FALSE(parse_last_event_id(value)) << value;
}

}  // namespace
}  // namespace bobbin::feed
