#include "store/document_name.h"

#include <cstdlib>
#include <ctime>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>

namespace bobbin::store {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

/// Sets the local time zone for one test.
class LocalTime {
 public:
  explicit LocalTime(const char* zone) {
    if (const char* old = std::getenv("TZ")) old_ = old;
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  ~LocalTime() {
    old_.empty() ? ::unsetenv("TZ") : ::setenv("TZ", old_.c_str(), 1);
    ::tzset();
  }

 private:
  std::string old_;
};

constexpr WallTime kMoment{seconds(1710505096)};  // 2024-03-15 12:18:16 UTC

TEST(RecordNames, GrowWhateverTheClockDoes) {
  RecordNames names;
  const WallTime moment = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 27)) + seconds(23366);
  EXPECT_EQ(names.next(moment, "id"), "20261127T062926.000000Z-id.json");
  EXPECT_EQ(names.next(moment, "id"), "20261127T062926.000001Z-id.json");
  EXPECT_EQ(names.next(moment - seconds(3600), "id"), "20261127T062926.000002Z-id.json");
  names.go_on_behind(moment + seconds(1));
  EXPECT_EQ(names.next(moment, "id"), "20261127T062927.000001Z-id.json");
  EXPECT_EQ(names.next(moment + seconds(2), random_text()).size(), kRecordNameBytes);
}

TEST(DocumentName, TellsLocalTime) {
  struct Case {
    const char* zone;  // POSIX: west is positive
    const char* start;
  };
  const Case cases[] = {{"UTC0", "upload_20240315_121816_"},
                        {"IST-5:30", "upload_20240315_174816_"},
                        {"XYZ12:30", "upload_20240314_234816_"}};
  for (const auto& [zone, start] : cases) {
    SCOPED_TRACE(zone);
    const LocalTime local(zone);
    EXPECT_THAT(document_name(kMoment), StartsWith(start));
    EXPECT_THAT(document_name(kMoment + std::chrono::nanoseconds(999'999'999)), StartsWith(start));
  }
}

TEST(DocumentName, TellsTheTimeOfEachName) {
  const LocalTime local("UTC0");
  DocumentNames names;
  EXPECT_THAT(names.next(kMoment), StartsWith("upload_20240315_121816_"));
  EXPECT_THAT(names.next(kMoment), StartsWith("upload_20240315_121816_"));
  EXPECT_THAT(names.next(kMoment + seconds(1)), StartsWith("upload_20240315_121817_"));
  EXPECT_THAT(names.next(kMoment - seconds(1)), StartsWith("upload_20240315_121815_"))
      << "the clock may be set back";
}

TEST(DocumentName, HasTheFormOfTheContract) {
  const std::string name = document_name(kMoment);
  EXPECT_EQ(name.size(), std::string("upload_YYYYMMDD_HHMMSS_.json").size() + 26);
  EXPECT_THAT(name, EndsWith(".json"));
}

TEST(DocumentName, IsKnownAgainAndNothingElseIs) {
  const std::string random = "abcdefghijklmnopqrstuvwxyz";
  EXPECT_TRUE(is_document_name(document_name(kMoment)));
  EXPECT_TRUE(is_document_name("upload_20240315_123456_" + random + ".json"));
  for (const std::string& other :
       {std::string(), std::string("index.html"), "upload_20240315_123456_" + random,
        "upload_20240315_123456_" + random + ".html", "upload_2024031a_123456_" + random + ".json",
        "upload_20240315_123456_" + random + "/.json", "upload_20240315-123456_" + random + ".json",
        "upload_20240315_123456_0" + random.substr(1) + ".json", "Upload_20240315_123456_" + random + ".json",
        "upload_20240315_123456_" + random + "a.json", "x/upload_20240315_123456_" + random + ".json"}) {
    SCOPED_TRACE(other);
    EXPECT_FALSE(is_document_name(other));
  }
}

TEST(RandomText, UsesEveryLetterOfItsAlphabetAtEveryPlace) {
  // 2,000 draws: that one of 32 letters is missing at one of 26 places by chance has probability 10^-25.
  std::set<char> seen[26];
  std::set<std::string> texts;
  for (int i = 0; i < 2000; ++i) {
    const std::string text = random_text();
    ASSERT_EQ(text.size(), 26U);
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos) << text;
    for (std::size_t place = 0; place < text.size(); ++place) seen[place].insert(text[place]);
    texts.insert(text);
  }
  EXPECT_EQ(texts.size(), 2000U);
  for (const auto& letters : seen) EXPECT_EQ(letters.size(), 32U);
}

TEST(TemporaryName, IsKnownAgainAndNothingElseIs) {
  EXPECT_TRUE(is_temporary_name(temporary_name()));
  EXPECT_TRUE(is_temporary_name(".bobbin-abcdefghijklmnopqrstuvwxyz.tmp"));
  for (const char* other :
       {"", ".bobbin-", ".tmp", ".bobbin-.tmp", ".bobbin-x.tmp", "bobbin-abcdefghijklmnopqrstuvwxyz.tmp",
        ".bobbin-abcdefghijklmnopqrstuvwxyz.tmp2", ".bobbin-abcdefghijklmnopqrstuvwxyz2.tmp",
        ".bobbin-abcdefghijklmnopqrstuvwxy.tmp", ".bobbin-abcdefghijklmnopqrstuvwxyZ.tmp",
        ".bobbin-abcdefghijklmnopqrstuvwxy1.tmp", "x.bobbin-abcdefghijklmnopqrstuvwxyz.tmp"}) {
    SCOPED_TRACE(other);
    EXPECT_FALSE(is_temporary_name(other));
  }
}

}  // namespace
}  // namespace bobbin::store
