#include "listing/selection.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace bobbin::listing {
namespace {

struct Name {
  std::string text;
  bool is_folder;
  std::uint64_t number;
  [[nodiscard]] SortKey key() const { return {text, is_folder, number}; }
};

std::vector<Name> many_names(std::size_t count, SortBy by) {
  std::mt19937 random(7);
  std::vector<Name> names;
  for (std::size_t i = 0; i < count; ++i)
    names.push_back({"name-" + std::to_string(i) + std::string(random() % 20, 'x'), random() % 8 == 0,
                     by == SortBy::name ? 0 : random() % 50});
  std::shuffle(names.begin(), names.end(), random);
  return names;
}

struct Outcome {
  std::vector<std::string> names;
  std::size_t passes = 1;
  std::size_t expected_passes = 0;
};

Outcome select(const std::vector<Name>& names, const Order& order, Budget& budget, std::size_t most_bytes) {
  Outcome outcome;
  Selection selection(order, *os::Pages::map(most_bytes), budget);
  for (;; ++outcome.passes) {
    for (const Name& name : names) selection.offer(name.key());
    if (outcome.passes == 1) outcome.expected_passes = selection.expected_passes();
    selection.end_pass();
    while (const auto next = selection.next()) outcome.names.emplace_back(next->name);
    if (!selection.left_some()) return outcome;
    selection.begin_next_pass();
  }
}

std::vector<std::string> all_sorted(std::vector<Name> names, const Order& order) {
  std::sort(names.begin(), names.end(),
            [&](const Name& one, const Name& other) { return comes_before(one.key(), other.key(), order); });
  std::vector<std::string> texts;
  for (const Name& name : names) texts.push_back(name.text);
  return texts;
}

TEST(Selection, SortsInOnePassWhatFits) {
  Budget budget(100 * Selection::kMostBytes);
  const auto names = many_names(2'000, SortBy::name);
  const Outcome outcome = select(names, {}, budget, Selection::kMostBytes);
  EXPECT_EQ(outcome.passes, 1U);
  EXPECT_EQ(outcome.expected_passes, 1U);
  EXPECT_EQ(outcome.names, all_sorted(names, {}));
}

TEST(Selection, SortsInSeveralPassesWhatDoesNot) {
  Budget budget(100 * Selection::kMostBytes);
  for (const SortBy by : {SortBy::name, SortBy::size, SortBy::time})
    for (const bool descending : {false, true}) {
      const Order order{by, descending};
      const auto names = many_names(5'000, by);
      const Outcome outcome = select(names, order, budget, Selection::kLeastBytes);
      EXPECT_GT(outcome.passes, 3U);
      EXPECT_LE(outcome.passes, 2 * outcome.expected_passes);
      EXPECT_GE(2 * outcome.passes, outcome.expected_passes);
      EXPECT_EQ(outcome.names, all_sorted(names, order));
    }
}

TEST(Selection, TakesNoMoreThanTheBudgetHas) {
  Budget budget(2 * Selection::kLeastBytes);
  const auto names = many_names(5'000, SortBy::name);
  const Outcome outcome = select(names, {}, budget, Selection::kMostBytes);
  EXPECT_GT(outcome.passes, 1U);
  EXPECT_EQ(outcome.names, all_sorted(names, {}));
  EXPECT_EQ(budget.used_bytes(), 0U);
}

TEST(Selection, TakesMemoryAsItIsNeededAndGivesItBack) {
  Budget budget(100 * Selection::kMostBytes);
  {
    Selection selection({}, *os::Pages::map(Selection::kMostBytes), budget);
    selection.offer({.name = "one"});
    EXPECT_EQ(budget.used_bytes(), 0U) << "the least is its owner's affair";
    for (const Name& name : many_names(200'000, SortBy::name)) selection.offer(name.key());
    EXPECT_EQ(budget.used_bytes(), Selection::kMostBytes - Selection::kLeastBytes);
  }
  EXPECT_EQ(budget.used_bytes(), 0U);
}

TEST(Selection, HoldsTheLongestNames) {
  Budget budget(100 * Selection::kMostBytes);
  std::vector<Name> names;
  for (int i = 0; i < 500; ++i) names.push_back({std::to_string(1000 + i) + std::string(251, 'n'), false, 0});
  const Outcome outcome = select(names, {}, budget, Selection::kLeastBytes);
  EXPECT_EQ(outcome.names, all_sorted(names, {}));
}

}  // namespace
}  // namespace bobbin::listing
