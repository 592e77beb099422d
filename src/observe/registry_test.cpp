#include "observe/registry.h"

#include <array>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace bobbin::observe {
namespace {

constexpr Metric kAnswers{"answers_total", "Answers"};
constexpr Metric kEvents{"events_total", "Events"};
constexpr Metric kStore{"store", "Stores"};
constexpr Metric kOpen{"open", "Open ones"};
constexpr Metric kTime{"time_seconds", "Time"};

TEST(Registry, CountersOfOneNameAreOneToTheReader) {
  Registry registry;
  EXPECT_TRUE(registry.snapshot().families().empty());
  Counter& first = registry.counter(kAnswers, "class=\"2xx\"");
  Counter& other = registry.counter(kAnswers, "class=\"4xx\"");
  Counter& second = registry.counter(kAnswers, "class=\"2xx\"");
  first.add();
  second.add(41);
  other.add(7);
  const Snapshot snapshot = registry.snapshot();
  ASSERT_EQ(snapshot.families().size(), 1U);
  ASSERT_EQ(snapshot.families()[0].samples.size(), 2U);
  EXPECT_EQ(snapshot.total("answers_total", "class=\"2xx\""), 42);
  EXPECT_EQ(snapshot.total("answers_total"), 49);
  EXPECT_EQ(registry.total("answers_total", "class=\"2xx\""), 42U);
  EXPECT_EQ(registry.total("answers_total"), 49U);
}

TEST(Registry, AWriterThatAsksAgainGetsItsCounterBack) {
  Registry registry;
  Counter& first = registry.counter(kAnswers, "class=\"2xx\"", 3);
  EXPECT_EQ(&registry.counter(kAnswers, "class=\"2xx\"", 3), &first);
  EXPECT_NE(&registry.counter(kAnswers, "class=\"2xx\"", 4), &first);
  EXPECT_NE(&registry.counter(kAnswers, "class=\"4xx\"", 3), &first);
  EXPECT_NE(&registry.counter(kEvents, "class=\"2xx\"", 3), &first);
}

TEST(Registry, EachWriterHasItsOwnCounterSoNothingIsLost) {
  Registry registry;
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&registry] {
      Counter& counter = registry.counter(kEvents);
      for (int n = 0; n < 10'000; ++n) counter.add();
    });
  }
  while (registry.total("events_total") == 0) std::this_thread::yield();
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(registry.total("events_total"), 40'000U);
}

TEST(Registry, StatesSayWhatTheyWereSetToLast) {
  Registry registry;
  State& store = registry.state(kStore, "folder=\"a\"");
  EXPECT_EQ(registry.states().at(0).text, "");
  EXPECT_EQ(registry.snapshot().find("store"), nullptr) << "it has not said anything yet";
  store.set("occupied");
  store.set("open");
  EXPECT_EQ(registry.states().at(0).name, "store");
  EXPECT_EQ(registry.states().at(0).labels, "folder=\"a\"");
  EXPECT_EQ(registry.states().at(0).text, "open");
}

TEST(Registry, ThePublishedStateIsALabel) {
  Registry registry;
  registry.state(kStore).set("open");
  registry.state(kStore, "folder=\"a\"").set("closed");
  const Snapshot snapshot = registry.snapshot();
  EXPECT_EQ(snapshot.total("store", "state=\"open\""), 1);
  EXPECT_EQ(snapshot.total("store", "folder=\"a\",state=\"closed\""), 1);
}

TEST(Registry, GaugesRiseAndFallAndAreAddedUp) {
  Registry registry;
  Gauge& gauge = registry.gauge(kOpen, "file=\"a\"");
  gauge.set(7);
  registry.gauge(kOpen, "file=\"a\"").add(-10);
  EXPECT_EQ(registry.snapshot().total("open"), -3);
  registry.own_gauge(kOpen, "file=\"a\"").set(10);
  EXPECT_EQ(registry.snapshot().total("open", "file=\"a\""), 7);
  EXPECT_EQ(registry.snapshot().find("open")->samples.size(), 1U);
}

TEST(Registry, AHistogramCountsAValueInTheFirstBucketThatHoldsIt) {
  static constexpr std::array<std::int64_t, 2> kBounds{10, 100};
  static constexpr Buckets kBuckets{.bounds = kBounds, .per_unit = 2};
  Registry registry;
  Histogram& first = registry.histogram(kTime, kBuckets);
  Histogram& second = registry.histogram(kTime, kBuckets);
  for (const std::int64_t value : {0, 10, 11, 100}) first.add(value);
  second.add(101);
  const Snapshot snapshot = registry.snapshot();
  const MetricFamily& family = *snapshot.find("time_seconds");
  ASSERT_EQ(family.distributions.size(), 1U);
  EXPECT_EQ(family.distributions[0].counts, (std::vector<std::uint64_t>{2, 2, 1}));
  EXPECT_EQ(family.distributions[0].sum, 111.0);
}

}  // namespace
}  // namespace bobbin::observe
