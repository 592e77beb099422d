#include "observe/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace bobbin::observe {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;

auto counted(const char* name, const char* labels, std::uint64_t value) {
  using Value = Registry::CounterValue;
  return ::testing::AllOf(Field(&Value::name, name), Field(&Value::labels, labels),
                          Field(&Value::value, value));
}

TEST(Registry, CountersOfOneNameAreOneToTheReader) {
  Registry registry;
  EXPECT_THAT(registry.counters(), IsEmpty());
  Counter& first = registry.counter("answers", "class=\"2xx\"");
  Counter& other = registry.counter("answers", "class=\"4xx\"");
  Counter& second = registry.counter("answers", "class=\"2xx\"");
  first.add();
  second.add(41);
  other.add(7);
  EXPECT_THAT(registry.counters(),
              ElementsAre(counted("answers", "class=\"2xx\"", 42), counted("answers", "class=\"4xx\"", 7)));
  EXPECT_EQ(registry.total("answers", "class=\"2xx\""), 42U);
  EXPECT_EQ(registry.total("answers"), 0U) << "without labels it is another name";
}

TEST(Registry, EachWriterHasItsOwnCounterSoNothingIsLost) {
  Registry registry;
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&registry] {
      Counter& counter = registry.counter("events");
      for (int n = 0; n < 10'000; ++n) counter.add();
    });
  }
  while (registry.total("events") == 0) std::this_thread::yield();
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(registry.total("events"), 40'000U);
}

TEST(Registry, StatesSayWhatTheyWereSetToLast) {
  Registry registry;
  State& store = registry.state("store", "folder=\"a\"");
  EXPECT_EQ(registry.states().at(0).text, "");
  store.set("occupied");
  store.set("open");
  EXPECT_EQ(registry.states().at(0).name, "store");
  EXPECT_EQ(registry.states().at(0).labels, "folder=\"a\"");
  EXPECT_EQ(registry.states().at(0).text, "open");
}

TEST(Registry, AGaugeRisesAndFalls) {
  Registry registry;
  Gauge& gauge = registry.gauge("bobbin_x", "file=\"a\"");
  gauge.set(7);
  gauge.set(-3);
  ASSERT_EQ(registry.gauges().size(), 1U);
  EXPECT_EQ(registry.gauges()[0].name, "bobbin_x");
  EXPECT_EQ(registry.gauges()[0].labels, "file=\"a\"");
  EXPECT_EQ(registry.gauges()[0].value, -3);
}

}  // namespace
}  // namespace bobbin::observe
