#include "http/http1/answer_memory.h"

#include <gtest/gtest.h>

namespace bobbin::http::http1 {
namespace {

class Switch final : public Repeatable {
 public:
  bool still_holds() override {
    ++asked;
    return holds;
  }
  bool holds = true;
  mutable int asked = 0;
};

RememberedAnswer answer(std::string_view request, std::shared_ptr<Repeatable> repeatable,
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

std::string request_of(int number) {
  return "GET /" + std::to_string(number) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

TEST(AnswerMemory, GrowsWithWhatIsRemembered) {
  AnswerMemory memory(64 << 20);
  constexpr int kAnswers = 20'000;
  const auto repeatable = std::make_shared<Switch>();
  for (int i = 0; i < kAnswers; ++i) memory.remember(answer(request_of(i), repeatable, std::to_string(i)));
  int recalled = 0;
  for (int i = 0; i < kAnswers; ++i) {
    const RememberedAnswer* found = memory.recall(request_of(i), {});
    if (found == nullptr) continue;
    ++recalled;
    ASSERT_EQ(found->content(), std::to_string(i));
  }
  EXPECT_GT(recalled, kAnswers * 98 / 100) << "a crowded neighbourhood may displace a few";
}

TEST(AnswerMemory, IsOfUseToAClientThatWalksThroughMoreThanFits) {
  AnswerMemory memory(1 << 20);
  const std::string content(1000, 'x');
  const auto repeatable = std::make_shared<Switch>();
  constexpr int kRequests = 3000;  // three times what fits
  int recalled = 0;
  for (int i = 0; i < 4 * kRequests; ++i) {
    const std::string request = request_of(i % kRequests);
    if (memory.recall(request, {}) != nullptr)
      recalled += i >= kRequests ? 1 : 0;
    else if (memory.admits(request.size() + content.size()))
      memory.remember(answer(request, repeatable, content));
  }
  EXPECT_GT(recalled, 3 * kRequests / 6) << "of a third that fits, more than half";
}

TEST(AnswerMemory, AdmitsWhatHasBecomePopular) {
  AnswerMemory memory(100'000);
  for (int i = 0; i < 1000; ++i)
    memory.remember(answer(request_of(i), std::make_shared<Switch>(), std::string(1000, 'x')));
  int asked = 0;
  while (memory.recall(kGet, {}) == nullptr && asked < 100) {
    ++asked;
    if (memory.admits(1000))
      memory.remember(answer(kGet, std::make_shared<Switch>(), std::string(1000, 'x')));
  }
  EXPECT_LE(asked, 10);
  EXPECT_FALSE(memory.admits(50'000)) << "one that would take half of it";
}

TEST(AnswerMemory, RemembersTheSameRequestOnce) {
  AnswerMemory memory(1 << 20);
  memory.remember(answer(kGet, std::make_shared<Switch>(), "old"));
  const std::size_t bytes = memory.bytes();
  memory.remember(answer(kGet, std::make_shared<Switch>(), "new"));
  EXPECT_EQ(memory.bytes(), bytes);
  EXPECT_EQ(memory.recall(kGet, {})->content(), "new");
}

TEST(AnswerMemory, FindsHeadsOfDifferentLengthsInTurn) {
  AnswerMemory memory(1 << 20);
  for (const int number : {1, 22, 333})
    memory.remember(answer(request_of(number), std::make_shared<Switch>(), std::to_string(number)));
  for (const int number : {1, 333, 22, 22, 1, 1, 333}) {
    const std::string input = request_of(number) + request_of(1);
    ASSERT_NE(memory.recall(input, {}), nullptr) << number;
    EXPECT_EQ(memory.recall(input, {})->content(), std::to_string(number));
  }
}

TEST(AnswerMemory, SharesContentThatIsNotWorthCopying) {
  AnswerMemory memory(1 << 20);
  const std::string large(5000, 'x');
  memory.remember(answer(kGet, std::make_shared<Switch>(), large));
  const RememberedAnswer* found = memory.recall(kGet, {});
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->content(), "");
  const SharedBytes content = found->shared_content();
  ASSERT_NE(content, nullptr);
  memory.remember(answer(kGet, std::make_shared<Switch>(), "new"));
  EXPECT_EQ(*content, large) << "being sent while its answer is displaced";
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
