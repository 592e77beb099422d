#include "http/http1/answer_memory.h"

#include <gtest/gtest.h>

namespace bobbin::http::http1 {
namespace {

class Switch final : public Repeatable {
 public:
  bool still_holds() const override {
    ++asked;
    return holds;
  }
  bool holds = true;
  mutable int asked = 0;
};

RememberedAnswer answer(std::string_view request, std::shared_ptr<const Repeatable> repeatable,
                        std::string_view content = "hello") {
  RememberedAnswer answer(request, {}, "HTTP/1.1 200 OK\r\n", content);
  answer.repeatable = std::move(repeatable);
  return answer;
}

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(AnswerMemory, RecallsTheSameBytesOnly) {
  AnswerMemory memory(1 << 20);
  EXPECT_EQ(memory.recall(kGet, {}), nullptr);
  memory.remember(answer(kGet, std::make_shared<Switch>()));
  ASSERT_NE(memory.recall(kGet, {}), nullptr);
  EXPECT_EQ(memory.recall(kGet, {})->content(), "hello");
  EXPECT_NE(memory.recall(std::string(kGet) + "GET /next", {}), nullptr)
      << "what follows is another request's";
  EXPECT_EQ(memory.recall("GET / HTTP/1.1\r\nHost: A\r\n\r\n", {}), nullptr);
  EXPECT_EQ(memory.recall(kGet.substr(0, kGet.size() - 1), {}), nullptr) << "not all of it has arrived";
  EXPECT_EQ(memory.recall(kGet, {.port = 81}), nullptr) << "another address may mean another decision";
}

TEST(AnswerMemory, AsksOnceForRequestsThatArrivedTogetherAndAgainForLaterOnes) {
  AnswerMemory memory(1 << 20);
  const auto repeatable = std::make_shared<Switch>();
  memory.remember(answer(kGet, repeatable));
  memory.bytes_arrived();
  for (int i = 0; i < 5; ++i) EXPECT_NE(memory.recall(kGet, {}), nullptr);
  EXPECT_EQ(repeatable->asked, 1);
  memory.bytes_arrived();
  EXPECT_NE(memory.recall(kGet, {}), nullptr);
  EXPECT_EQ(repeatable->asked, 2);
}

TEST(AnswerMemory, AnAnswerThatHasJustBeenGivenIsAskedBeforeItIsGivenAgain) {
  AnswerMemory memory(1 << 20);
  const auto repeatable = std::make_shared<Switch>();
  repeatable->holds = false;
  memory.remember(answer(kGet, repeatable));
  EXPECT_EQ(memory.recall(kGet, {}), nullptr);
}

TEST(AnswerMemory, ForgetsWhatNoLongerHolds) {
  AnswerMemory memory(1 << 20);
  const auto repeatable = std::make_shared<Switch>();
  memory.remember(answer(kGet, repeatable));
  EXPECT_GT(memory.bytes(), 0U);
  repeatable->holds = false;
  memory.bytes_arrived();
  EXPECT_EQ(memory.recall(kGet, {}), nullptr);
  EXPECT_EQ(memory.bytes(), 0U);
}

TEST(AnswerMemory, StaysWithinItsBounds) {
  constexpr std::size_t kBytes = 100'000;
  AnswerMemory memory(kBytes);
  int recalled = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string request = "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    memory.remember(answer(request, std::make_shared<Switch>(), std::string(1000, 'x')));
    ASSERT_LE(memory.bytes(), kBytes);
    recalled += memory.recall(request, {}) != nullptr ? 1 : 0;
  }
  EXPECT_EQ(recalled, 1000) << "the newest one always has its place";
  EXPECT_GT(memory.bytes(), kBytes / 2);
}

TEST(AnswerMemory, KeepsNothingLargeAndNothingAtAllWhenItIsOff) {
  AnswerMemory memory(1 << 30);
  memory.remember(
      answer(kGet, std::make_shared<Switch>(), std::string(AnswerMemory::kMaximumContentBytes + 1, 'x')));
  EXPECT_EQ(memory.recall(kGet, {}), nullptr);
  AnswerMemory off(0);
  off.remember(answer(kGet, std::make_shared<Switch>()));
  EXPECT_EQ(off.recall(kGet, {}), nullptr);
}

}  // namespace
}  // namespace bobbin::http::http1
