#include "http/http1/response_cache.h"

#include <gtest/gtest.h>

namespace bobbin::http::http1 {
namespace {

class Switch final : public Revalidator {
 public:
  bool is_fresh() override {
    ++asked;
    return holds;
  }
  bool holds = true;
  mutable int asked = 0;
};

CachedResponse answer(std::string_view request, std::shared_ptr<Revalidator> revalidator,
                      std::string_view content = "hello") {
  CachedResponse answer(request, {}, "HTTP/1.1 200 OK\r\n", content);
  answer.revalidator = std::move(revalidator);
  return answer;
}

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(ResponseCache, RecallsTheSameBytesOnly) {
  ResponseCache memory(1 << 20);
  EXPECT_EQ(memory.find(kGet, {}), nullptr);
  memory.remember(answer(kGet, std::make_shared<Switch>()));
  ASSERT_NE(memory.find(kGet, {}), nullptr);
  EXPECT_EQ(memory.find(kGet, {})->content(), "hello");
  EXPECT_NE(memory.find(std::string(kGet) + "GET /next", {}), nullptr) << "what follows is another request's";
  EXPECT_EQ(memory.find("GET / HTTP/1.1\r\nHost: A\r\n\r\n", {}), nullptr);
  EXPECT_EQ(memory.find(kGet.substr(0, kGet.size() - 1), {}), nullptr) << "not all of it has arrived";
  EXPECT_EQ(memory.find(kGet, {.port = 81}), nullptr) << "another address may mean another decision";
}

TEST(ResponseCache, AsksOnceForRequestsThatArrivedTogetherAndAgainForLaterOnes) {
  ResponseCache memory(1 << 20);
  const auto revalidator = std::make_shared<Switch>();
  memory.remember(answer(kGet, revalidator));
  memory.begin_round();
  for (int i = 0; i < 5; ++i) EXPECT_NE(memory.find(kGet, {}), nullptr);
  EXPECT_EQ(revalidator->asked, 1);
  memory.begin_round();
  EXPECT_NE(memory.find(kGet, {}), nullptr);
  EXPECT_EQ(revalidator->asked, 2);
}

TEST(ResponseCache, AnAnswerThatHasJustBeenGivenIsAskedBeforeItIsGivenAgain) {
  ResponseCache memory(1 << 20);
  const auto revalidator = std::make_shared<Switch>();
  revalidator->holds = false;
  memory.remember(answer(kGet, revalidator));
  EXPECT_EQ(memory.find(kGet, {}), nullptr);
}

TEST(ResponseCache, ForgetsWhatNoLongerHolds) {
  ResponseCache memory(1 << 20);
  const auto revalidator = std::make_shared<Switch>();
  memory.remember(answer(kGet, revalidator));
  EXPECT_GT(memory.bytes(), 0U);
  revalidator->holds = false;
  memory.begin_round();
  EXPECT_EQ(memory.find(kGet, {}), nullptr);
  EXPECT_EQ(memory.bytes(), 0U);
}

TEST(ResponseCache, StaysWithinItsBounds) {
  constexpr std::size_t kBytes = 100'000;
  ResponseCache memory(kBytes);
  int recalled = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string request = "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
    memory.remember(answer(request, std::make_shared<Switch>(), std::string(1000, 'x')));
    ASSERT_LE(memory.bytes(), kBytes);
    recalled += memory.find(request, {}) != nullptr ? 1 : 0;
  }
  EXPECT_EQ(recalled, 1000) << "the newest one always has its place";
  EXPECT_GT(memory.bytes(), kBytes / 2);
}

std::string request_of(int number) {
  return "GET /" + std::to_string(number) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

TEST(ResponseCache, GrowsWithWhatIsRemembered) {
  ResponseCache memory(64 << 20);
  constexpr int kAnswers = 20'000;
  const auto revalidator = std::make_shared<Switch>();
  for (int i = 0; i < kAnswers; ++i) memory.remember(answer(request_of(i), revalidator, std::to_string(i)));
  int recalled = 0;
  for (int i = 0; i < kAnswers; ++i) {
    const CachedResponse* found = memory.find(request_of(i), {});
    if (found == nullptr) continue;
    ++recalled;
    ASSERT_EQ(found->content(), std::to_string(i));
  }
  EXPECT_GT(recalled, kAnswers * 98 / 100) << "a crowded neighbourhood may displace a few";
}

TEST(ResponseCache, IsOfUseToAClientThatWalksThroughMoreThanFits) {
  ResponseCache memory(1 << 20);
  const std::string content(1000, 'x');
  const auto revalidator = std::make_shared<Switch>();
  constexpr int kRequests = 3000;  // three times what fits
  int recalled = 0;
  for (int i = 0; i < 4 * kRequests; ++i) {
    const std::string request = request_of(i % kRequests);
    if (memory.find(request, {}) != nullptr)
      recalled += i >= kRequests ? 1 : 0;
    else if (memory.admits(request.size() + content.size()))
      memory.remember(answer(request, revalidator, content));
  }
  EXPECT_GT(recalled, 3 * kRequests / 6) << "of a third that fits, more than half";
}

TEST(ResponseCache, AdmitsWhatHasBecomePopular) {
  ResponseCache memory(100'000);
  for (int i = 0; i < 1000; ++i)
    memory.remember(answer(request_of(i), std::make_shared<Switch>(), std::string(1000, 'x')));
  int asked = 0;
  while (memory.find(kGet, {}) == nullptr && asked < 100) {
    ++asked;
    if (memory.admits(1000))
      memory.remember(answer(kGet, std::make_shared<Switch>(), std::string(1000, 'x')));
  }
  EXPECT_LE(asked, 10);
  EXPECT_FALSE(memory.admits(50'000)) << "one that would take half of it";
}

TEST(ResponseCache, RemembersTheSameRequestOnce) {
  ResponseCache memory(1 << 20);
  memory.remember(answer(kGet, std::make_shared<Switch>(), "old"));
  const std::size_t bytes = memory.bytes();
  memory.remember(answer(kGet, std::make_shared<Switch>(), "new"));
  EXPECT_EQ(memory.bytes(), bytes);
  EXPECT_EQ(memory.find(kGet, {})->content(), "new");
}

TEST(ResponseCache, FindsHeadsOfDifferentLengthsInTurn) {
  ResponseCache memory(1 << 20);
  for (const int number : {1, 22, 333})
    memory.remember(answer(request_of(number), std::make_shared<Switch>(), std::to_string(number)));
  for (const int number : {1, 333, 22, 22, 1, 1, 333}) {
    const std::string input = request_of(number) + request_of(1);
    ASSERT_NE(memory.find(input, {}), nullptr) << number;
    EXPECT_EQ(memory.find(input, {})->content(), std::to_string(number));
  }
}

TEST(ResponseCache, SharesContentThatIsNotWorthCopying) {
  ResponseCache memory(1 << 20);
  const std::string large(5000, 'x');
  memory.remember(answer(kGet, std::make_shared<Switch>(), large));
  const CachedResponse* found = memory.find(kGet, {});
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->content(), "");
  const SharedBytes content = found->shared_content();
  ASSERT_NE(content, nullptr);
  memory.remember(answer(kGet, std::make_shared<Switch>(), "new"));
  EXPECT_EQ(*content, large) << "being sent while its answer is displaced";
}

TEST(ResponseCache, KeepsNothingLargeAndNothingAtAllWhenItIsOff) {
  ResponseCache memory(1 << 30);
  memory.remember(
      answer(kGet, std::make_shared<Switch>(), std::string(ResponseCache::kMaximumContentBytes + 1, 'x')));
  EXPECT_EQ(memory.find(kGet, {}), nullptr);
  ResponseCache off(0);
  off.remember(answer(kGet, std::make_shared<Switch>()));
  EXPECT_EQ(off.find(kGet, {}), nullptr);
}

}  // namespace
}  // namespace bobbin::http::http1
