#include "uploads/coded_content.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <variant>

#include "coding/encoder.h"
#include "http/test_reply_sink.h"

namespace bobbin::uploads {
namespace {

using http::ContentCoding;
using http::Status;
using ::testing::HasSubstr;

/// Counts how often somebody is told to go on.
class CountingSink final : public http::ReplySink {
 public:
  int resumed = 0;
  void deliver(ConnectionId, ExchangeId, http::Response) override {}
  void resume(ConnectionId, ExchangeId) override { ++resumed; }
};

class CodedContentTest : public testing::TestWithParam<ContentCoding> {
 protected:
  void begin(std::uint64_t most_bytes, bool is_kept = false) {
    content.emplace(GetParam(), most_bytes, memory, is_kept, http::Resume({.sink = &sink}));
  }
  /// As a session does it: gives no more before it has been told to go on, and nobody waits.
  http::Intake send(std::string_view coded, std::size_t piece_bytes = 65'536) {
    http::Intake intake = http::Accepted{};
    for (; !coded.empty(); coded.remove_prefix(std::min(piece_bytes, coded.size()))) {
      intake = content->take(as_bytes(coded.substr(0, piece_bytes)), next);
      while (std::holds_alternative<http::Wait>(intake)) {
        EXPECT_EQ(sink.resumed, 1) << "somebody has to say when it goes on";
        sink.resumed = 0;
        largest_stretch = std::max(largest_stretch, std::exchange(stretch, 0));
        intake = content->resumed(next);
      }
      if (std::holds_alternative<http::Response>(intake)) break;
    }
    return intake;
  }
  Status status_of(const http::Intake& intake) {
    const auto* response = std::get_if<http::Response>(&intake);
    return response == nullptr ? Status::continue_ : response->status;
  }
  std::string reason() {
    const auto refused = content->finish();
    if (!refused) return "";
    EXPECT_EQ(refused->status, Status::bad_request);
    EXPECT_FALSE(refused->close);
    return refused->detail;
  }

  Budget memory{10'000'000};
  CountingSink sink;
  std::optional<CodedContent> content;
  std::string text;
  std::size_t stretch = 0;
  std::size_t largest_stretch = 0;
  std::size_t most_text_bytes = SIZE_MAX;
  CodedContent::Next next = [this](Bytes slice) -> http::Intake {
    EXPECT_LE(slice.size(), CodedContent::kSliceBytes);
    text += as_text(slice);
    stretch += slice.size();
    if (text.size() > most_text_bytes) return http::Response::error(Status::content_too_large, "Too much.");
    return http::Accepted{};
  };
};

std::string zeros(std::size_t bytes, ContentCoding coding) {
  return coding::encoded(std::string(bytes, '0'), coding);
}

TEST_P(CodedContentTest, GivesOnWhatTheContentStandsFor) {
  const std::string document = "{\"a\": [1, 2, 3]}";
  const std::string coded = coding::encoded(document, GetParam());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, coded.size()}) {
    text.clear();
    begin(1000);
    EXPECT_EQ(status_of(send(coded, piece)), Status::continue_);
    EXPECT_EQ(reason(), "");
    EXPECT_EQ(text, document);
  }
}

TEST_P(CodedContentTest, WhatIsNotWholeIsToldAtTheEnd) {
  const std::string coded = coding::encoded("{}", GetParam());
  const std::string name(name_of(GetParam()));
  const std::pair<std::string, const char*> wrong[] = {{coded.substr(0, coded.size() - 1), "ends before"},
                                                       {"", "ends before"},
                                                       {coded + "{}{}", "behind the end"},
                                                       {"{}{}", "not valid"}};
  for (const auto& [given, words] : wrong) {
    begin(1000);
    EXPECT_EQ(status_of(send(given, 1)), Status::continue_);
    EXPECT_THAT(reason(), HasSubstr(words));
    EXPECT_THAT(reason(), HasSubstr(name));
  }
}

TEST_P(CodedContentTest, BehindAFaultOnlyTheSizeCounts) {
  begin(1000);
  EXPECT_EQ(status_of(send("no coding at all" + std::string(900, 'x'))), Status::continue_);
  EXPECT_EQ(status_of(send(std::string(100, 'x'))), Status::content_too_large);
}

TEST_P(CodedContentTest, IsNoLargerThanAllowedAsItComes) {
  const std::string coded = coding::encoded("{}", GetParam());
  begin(coded.size());
  EXPECT_EQ(status_of(send(coded)), Status::continue_);
  begin(coded.size() - 1);
  EXPECT_EQ(status_of(send(coded, 1)), Status::content_too_large);
}

TEST_P(CodedContentTest, OfABombNoMoreIsMadeThanIsTaken) {
  const std::string bomb = zeros(50'000'000, GetParam());
  begin(1'000'000);
  most_text_bytes = 100'000;
  EXPECT_EQ(status_of(send(bomb)), Status::content_too_large);
  EXPECT_LE(text.size(), 100'000 + CodedContent::kSliceBytes);
}

TEST_P(CodedContentTest, LetsOthersHaveTheirTurn) {
  begin(1'000'000);
  EXPECT_EQ(status_of(send(zeros(2'000'000, GetParam()))), Status::continue_);
  EXPECT_EQ(text.size(), 2'000'000U);
  EXPECT_EQ(reason(), "");
  EXPECT_GT(largest_stretch, 0U);
  EXPECT_LE(largest_stretch, CodedContent::kStretchBytes + CodedContent::kSliceBytes);
}

TEST_P(CodedContentTest, StopsWhereSomebodyWaits) {
  const std::string coded = zeros(100'000, GetParam());
  begin(1'000'000);
  std::string taken;
  const CodedContent::Next waiting = [&](Bytes slice) -> http::Intake {
    taken += as_text(slice);
    return http::Wait{};
  };
  http::Intake intake = content->take(as_bytes(coded), waiting);
  for (std::size_t before = 0; std::holds_alternative<http::Wait>(intake); before = taken.size()) {
    EXPECT_LE(taken.size() - before, CodedContent::kSliceBytes);
    intake = content->resumed(waiting);
  }
  EXPECT_TRUE(std::holds_alternative<http::Accepted>(intake));
  EXPECT_EQ(sink.resumed, 0) << "who waits says when it goes on";
  EXPECT_EQ(taken, std::string(100'000, '0'));
  EXPECT_EQ(reason(), "");
}

TEST_P(CodedContentTest, TakesItsMemoryOfTheBudget) {
  begin(1'000'000);
  EXPECT_EQ(memory.used_bytes(), 0U) << "before anything has come";
  EXPECT_EQ(status_of(send(zeros(1'000'000, GetParam()))), Status::continue_);
  EXPECT_GE(memory.used_bytes(), coding::decoder_memory_bytes(GetParam(), 1'000'000));
  EXPECT_LE(memory.used_bytes(), coding::decoder_memory_bytes(GetParam(), 1'000'000) + 65'536);
  content.reset();
  EXPECT_EQ(memory.used_bytes(), 0U);
}

TEST_P(CodedContentTest, CountsWhatSomebodyElseKeeps) {
  for (const std::string& given :
       {zeros(1000, GetParam()) + std::string(500'000, 'x'), std::string(500'000, 'x')}) {
    begin(1'000'000, true);
    EXPECT_EQ(status_of(send(given)), Status::continue_);
    EXPECT_GE(memory.used_bytes(), 500'000U);
  }
}

TEST_P(CodedContentTest, WithoutMemoryItIsTooBusy) {
  Budget::Share others(memory);
  ASSERT_TRUE(others.take(9'990'000));
  begin(1'000'000);
  EXPECT_EQ(status_of(send(zeros(1000, GetParam()))), Status::service_unavailable);
}

INSTANTIATE_TEST_SUITE_P(, CodedContentTest, testing::Values(ContentCoding::gzip, ContentCoding::zstd),
                         [](const auto& test) { return std::string(http::name_of(test.param)); });

}  // namespace
}  // namespace bobbin::uploads
