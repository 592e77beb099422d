#include "inbox/pull_cursors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "os/directory.h"
#include "os/test_directory.h"

namespace bobbin::inbox {
namespace {

using testing::HasSubstr;

constexpr const char* kLocation = "s3://archive/in/";
constexpr WallTime kTaken{seconds(1'800'000'000)};

PullState some_state() {
  return {.location = kLocation,
          .cursors = {
              {"", {.last = "20261128T120000.000001Z-aaaaaaaaaaaaaaaaaaaaaaaaaa.json", .taken_at = kTaken}},
              {"a\"b/", {.last = "000000000042.json", .taken_at = kTaken + seconds(1)}}}};
}

TEST(PullState, IsALineForEachFolder) {
  const PullState state = some_state();
  const std::string text = state.text();
  EXPECT_THAT(
      text, testing::StartsWith("{\"bobbin\":1,\"from\":\"s3://archive/in/\"}\n{\"folder\":\"\",\"last\":"));
  EXPECT_EQ(PullState::parse(text), state);
  const PullState none{.location = kLocation};
  EXPECT_EQ(PullState::parse(none.text()), none);
}

TEST(PullState, ThatIsDamagedIsNone) {
  const std::string text = some_state().text();
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto state = PullState::parse(text.substr(0, size));
    // Whole lines cannot be told from all of them: a file is replaced, and never cut.
    EXPECT_TRUE(!state || (size > 0 && text[size - 1] == '\n')) << size;
  }
  for (const char* damaged :
       {"{\"bobbin\":2,\"from\":\"s3://a\"}\n", "{\"bobbin\":1}\n", "\n", "x\n",
        "{\"bobbin\":1,\"from\":\"s3://a\"}\n\n", "{\"bobbin\":1,\"from\":\"s3://a\"}\n{\"folder\":\"a\"}\n",
        "{\"bobbin\":1,\"from\":\"s3://a\"}\n{\"folder\":\"a\",\"last\":\"b\",\"taken\":\"yesterday\"}\n"})
    EXPECT_FALSE(PullState::parse(damaged)) << damaged;
}

class PullCursorsTest : public testing::Test {
 protected:
  Result<PullCursors, std::string> open(const std::string& location = kLocation) {
    const os::Fd inbox = *os::open_directory(place_.path());
    return PullCursors::open(inbox, place_.path(), location);
  }
  os::TestDirectory place_;
};

TEST_F(PullCursorsTest, AreThereAgainOnceTheyAreSaved) {
  auto cursors = open();
  ASSERT_TRUE(cursors) << cursors.error();
  cursors->all() = some_state().cursors;
  ASSERT_TRUE(cursors->save());
  cursors->all()["later/"] = {.last = "000000000001.json", .taken_at = kTaken};
  place_.write(".bobbin-pull/cursors.new", "left by one that was killed");
  EXPECT_EQ(open()->all(), some_state().cursors) << "what was not saved is not there";
  ASSERT_TRUE(cursors->save());
  EXPECT_EQ(open()->all().size(), 3U);
  EXPECT_FALSE(place_.has(".bobbin-pull/cursors.new"));
}

TEST_F(PullCursorsTest, BelongToNoLocationBeforeTheFirstRecord) {
  ASSERT_TRUE(open("s3://archiv/in/"));
  auto cursors = open();
  ASSERT_TRUE(cursors) << "the name was mistyped";
  ASSERT_TRUE(cursors->bind());
  EXPECT_FALSE(open("s3://archiv/in/"));
  ASSERT_TRUE(open()->bind());
  EXPECT_TRUE(open()->all().empty());
}

TEST_F(PullCursorsTest, BelongToOneLocation) {
  ASSERT_TRUE(open()->bind());
  const auto other = open("s3://archive/other/");
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error(), testing::AllOf(HasSubstr(kLocation), HasSubstr("s3://archive/other/")));
  EXPECT_TRUE(open());
}

TEST_F(PullCursorsTest, ThatCannotBeReadAreNoReasonToBeginAnew) {
  ASSERT_TRUE(open()->bind());
  place_.write(".bobbin-pull/cursors", "");
  const auto damaged = open();
  ASSERT_FALSE(damaged);
  EXPECT_THAT(damaged.error(),
              testing::AllOf(HasSubstr("cursors\" cannot be used"), HasSubstr("it is empty")));
}

}  // namespace
}  // namespace bobbin::inbox
