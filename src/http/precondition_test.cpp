#include "http/precondition.h"

#include <gtest/gtest.h>
#include <utility>
#include <vector>

#include "http/date.h"

namespace bobbin::http {
namespace {

using enum PreconditionVerdict;
using Conditions = std::vector<std::pair<FieldName, std::string_view>>;

const WallTime kModified = WallTime(seconds(784'111'777)) + std::chrono::nanoseconds(123'456'789);
const WallTime kRequestedAt = kModified + std::chrono::hours(24 * 365);
constexpr std::string_view kSame = "Sun, 06 Nov 1994 08:49:37 GMT";  // the second of kModified
constexpr std::string_view kBefore = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr std::string_view kAfter = "Sun, 06 Nov 1994 08:49:38 GMT";
const Validators kStrong{"\"abc\"", kModified, true};
const Validators kWeak{"W/\"abc\"", kModified, true};
const Validators kWithoutTag{"", kModified, true};
const Validators kWeakDate{"\"abc\"", kModified, false};
const Validators kWithoutDate{"\"abc\"", std::nullopt, false};

constexpr FieldName kMatch = FieldName::if_match;
constexpr FieldName kNoneMatch = FieldName::if_none_match;
constexpr FieldName kModifiedSince = FieldName::if_modified_since;
constexpr FieldName kUnmodifiedSince = FieldName::if_unmodified_since;

Fields fields_of(const Conditions& lines) {
  Fields fields;
  for (const auto& [name, value] : lines) EXPECT_TRUE(fields.add({name, "", value}));
  return fields;
}

struct PreconditionCase {
  Conditions lines;
  PreconditionVerdict verdict;
};

void expect(const std::vector<PreconditionCase>& cases, const Validators& current) {
  for (const auto& [lines, verdict] : cases) {
    std::string trace = "current " + current.etag;
    for (const auto& [name, value] : lines) trace.append(" | ").append(value);
    SCOPED_TRACE(trace);
    EXPECT_EQ(evaluate_preconditions(fields_of(lines), current, kRequestedAt), verdict);
  }
}

TEST(Preconditions, ProceedWhenThereAreNone) {
  expect({{{}, proceed}, {{{FieldName::accept, "*/*"}, {FieldName::if_range, "\"x\""}}, proceed}}, kStrong);
}

TEST(Preconditions, IfMatchComparesStrongly) {  // RFC 9110 §13.1.1
  expect(
      {
          {{{kMatch, R"("abc")"}}, proceed},
          {{{kMatch, R"("xyz", "abc")"}}, proceed},
          {{{kMatch, R"("xyz","abc","other")"}}, proceed},
          {{{kMatch, R"(, "xyz" ,, "abc",)"}}, proceed},  // §5.6.1.2: empty elements
          {{{kMatch, R"("x,y", "abc")"}}, proceed},       // a comma inside a tag
          {{{kMatch, R"("xyz")"}, {kMatch, R"("abc")"}}, proceed},
          {{{kMatch, "*"}}, proceed},
          {{{kMatch, R"("xyz")"}}, failed},
          {{{kMatch, R"(W/"abc")"}}, failed},
          {{{kMatch, R"("ABC")"}}, failed},
          {{{kMatch, R"("abc,")"}}, failed},
          {{{kMatch, R"("")"}}, failed},
          // malformed: in doubt nothing matches
          {{{kMatch, ""}}, failed},
          {{{kMatch, ","}}, failed},
          {{{kMatch, "abc"}}, failed},
          {{{kMatch, R"("abc)"}}, failed},
          {{{kMatch, R"(w/"abc")"}}, failed},
          {{{kMatch, R"("abc" "xyz")"}}, failed},
          {{{kMatch, R"("abc", xyz)"}}, failed},
          {{{kMatch, R"("abc"x)"}}, failed},
          {{{kMatch, R"(*, "abc")"}}, failed},
          {{{kMatch, R"("abc")"}, {kMatch, "*"}}, failed},
          {{{kMatch, "**"}}, failed},
          {{{kMatch, "\"a b\", \"abc\""}}, failed},  // no space in a tag
      },
      kStrong);
  expect({{{{kMatch, R"(W/"abc")"}}, failed}, {{{kMatch, R"("abc")"}}, failed}, {{{kMatch, "*"}}, proceed}},
         kWeak);
  expect({{{{kMatch, R"("abc")"}}, failed}, {{{kMatch, "*"}}, proceed}}, kWithoutTag);
}

TEST(Preconditions, IfNoneMatchComparesWeakly) {  // RFC 9110 §13.1.2
  const std::vector<PreconditionCase> cases = {
      {{{kNoneMatch, R"("abc")"}}, not_modified},
      {{{kNoneMatch, R"(W/"abc")"}}, not_modified},
      {{{kNoneMatch, R"("xyz", W/"abc")"}}, not_modified},
      {{{kNoneMatch, R"("xyz")"}, {kNoneMatch, R"(W/"abc")"}}, not_modified},
      {{{kNoneMatch, "*"}}, not_modified},
      {{{kNoneMatch, R"("xyz")"}}, proceed},
      {{{kNoneMatch, R"("abc ")"}}, proceed},
      // malformed: such a member is passed over
      {{{kNoneMatch, ""}}, proceed},
      {{{kNoneMatch, "abc"}}, proceed},
      {{{kNoneMatch, R"(abc, "abc")"}}, not_modified},
      {{{kNoneMatch, R"("abc" "xyz")"}}, proceed},
      {{{kNoneMatch, R"(w/"abc")"}}, proceed},
      {{{kNoneMatch, R"("abc)"}}, proceed},
      {{{kNoneMatch, R"(*, "xyz")"}}, proceed},
      {{{kNoneMatch, R"("xyz")"}, {kNoneMatch, "*"}}, proceed},
  };
  expect(cases, kStrong);
  expect(cases, kWeak);
  expect({{{{kNoneMatch, R"("abc")"}}, proceed}, {{{kNoneMatch, "*"}}, not_modified}}, kWithoutTag);
}

TEST(Preconditions, TagsMayHoldObsText) {  // RFC 9110 §8.8.3: etagc
  const Validators current{"\"caf\xE9\"", kModified, true};
  expect({{{{kNoneMatch, "\"caf\xE9\""}}, not_modified}, {{{kMatch, "\"caf\xE9\""}}, proceed}}, current);
}

TEST(Preconditions, IfModifiedSinceComparesSeconds) {  // RFC 9110 §13.1.3
  expect(
      {
          {{{kModifiedSince, kSame}}, not_modified},
          {{{kModifiedSince, kAfter}}, not_modified},
          {{{kModifiedSince, kBefore}}, proceed},
          {{{kModifiedSince, "Sunday, 06-Nov-94 08:49:37 GMT"}}, not_modified},
          {{{kModifiedSince, "Sun Nov  6 08:49:37 1994"}}, not_modified},
          {{{kModifiedSince, "yesterday"}}, proceed},
          {{{kModifiedSince, ""}}, proceed},
          {{{kModifiedSince, kSame}, {kModifiedSince, kSame}}, proceed},  // no list: two are no date
      },
      kStrong);
}

TEST(Preconditions, IfUnmodifiedSinceComparesSeconds) {  // RFC 9110 §13.1.4
  expect(
      {
          {{{kUnmodifiedSince, kSame}}, proceed},
          {{{kUnmodifiedSince, kAfter}}, proceed},
          {{{kUnmodifiedSince, kBefore}}, failed},
          {{{kUnmodifiedSince, "yesterday"}}, proceed},
          {{{kUnmodifiedSince, kBefore}, {kUnmodifiedSince, kBefore}}, proceed},
      },
      kStrong);
}

// RFC 9110 §13.1.3 and §13.1.4: ignored where there is no modification date.
TEST(Preconditions, ByDateNeedADate) {
  expect({{{{kModifiedSince, kAfter}}, proceed},
          {{{kUnmodifiedSince, kBefore}}, proceed},
          {{{kNoneMatch, R"("abc")"}}, not_modified},
          {{{kMatch, R"("xyz")"}}, failed}},
         kWithoutDate);
  // A date need not be strong to say that nothing newer is there.
  expect({{{{kModifiedSince, kSame}}, not_modified}, {{{kUnmodifiedSince, kBefore}}, failed}}, kWeakDate);
}

TEST(Preconditions, AreEvaluatedInOrder) {  // RFC 9110 §13.2.2
  expect(
      {
          // If-Match decides over If-Unmodified-Since
          {{{kMatch, R"("abc")"}, {kUnmodifiedSince, kBefore}}, proceed},
          {{{kMatch, R"("xyz")"}, {kUnmodifiedSince, kAfter}}, failed},
          // If-None-Match decides over If-Modified-Since, malformed or not
          {{{kNoneMatch, R"("xyz")"}, {kModifiedSince, kAfter}}, proceed},
          {{{kNoneMatch, R"("abc")"}, {kModifiedSince, kBefore}}, not_modified},
          {{{kNoneMatch, "xyz"}, {kModifiedSince, kAfter}}, proceed},
          // the first pair comes before the second
          {{{kNoneMatch, R"("abc")"}, {kMatch, R"("xyz")"}}, failed},
          {{{kNoneMatch, R"("abc")"}, {kMatch, R"("abc")"}}, not_modified},
          {{{kModifiedSince, kAfter}, {kUnmodifiedSince, kBefore}}, failed},
          {{{kModifiedSince, kSame}, {kUnmodifiedSince, kSame}}, not_modified},
          {{{kModifiedSince, kAfter}, {kMatch, R"("abc")"}}, not_modified},
      },
      kStrong);
}

TEST(IfRange, AllowsRangesOfTheSameRepresentationOnly) {  // RFC 9110 §13.1.5
  struct RangeCase {
    std::vector<std::string_view> values;
    const Validators* current;
    bool allowed;
  };
  const RangeCase cases[] = {
      {{}, &kStrong, true},
      {{R"("abc")"}, &kStrong, true},
      {{R"("xyz")"}, &kStrong, false},
      {{R"(W/"abc")"}, &kStrong, false},
      {{R"(W/"abc")"}, &kWeak, false},
      {{R"("abc")"}, &kWeak, false},
      {{R"("abc")"}, &kWithoutTag, false},
      {{R"("abc", "xyz")"}, &kStrong, false},  // one tag, not a list
      {{R"("abc)"}, &kStrong, false},
      {{"abc"}, &kStrong, false},
      {{"*"}, &kStrong, false},
      {{""}, &kStrong, false},
      {{R"("abc")", R"("abc")"}, &kStrong, false},
      {{kSame}, &kStrong, true},
      {{"Sunday, 06-Nov-94 08:49:37 GMT"}, &kStrong, true},
      {{kBefore}, &kStrong, false},
      {{kAfter}, &kStrong, false},  // an exact match, not "not later"
      // RFC 9110 §8.8.2.2: only a strong date, and a tag beside it all the same
      {{kSame}, &kWeakDate, false},
      {{R"("abc")"}, &kWeakDate, true},
      {{kSame}, &kWithoutDate, false},
      {{R"("abc")"}, &kWithoutDate, true},
  };
  for (const auto& [values, current, allowed] : cases) {
    Conditions lines;
    for (const std::string_view value : values) lines.emplace_back(FieldName::if_range, value);
    SCOPED_TRACE(testing::PrintToString(values));
    EXPECT_EQ(if_range_allows(fields_of(lines), *current, kRequestedAt), allowed);
  }
}

TEST(IfRange, TrustsADateOnceItsSecondIsOver) {  // RFC 9110 §8.8.2.2
  const Fields fields = fields_of({{FieldName::if_range, kSame}});
  const WallTime second = WallTime(seconds(784'111'777));
  EXPECT_FALSE(if_range_allows(fields, kStrong, kModified));
  EXPECT_FALSE(if_range_allows(fields, kStrong, second + std::chrono::nanoseconds(999'999'999)));
  EXPECT_TRUE(if_range_allows(fields, kStrong, second + seconds(1)));
}

}  // namespace
}  // namespace bobbin::http
