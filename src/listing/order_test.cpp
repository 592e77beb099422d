#include "listing/order.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace bobbin::listing {
namespace {

TEST(CompareNames, ReadsThemAsPeopleDo) {
  const std::vector<std::string> in_order{"",
                                          "-",
                                          "1",
                                          "01",
                                          "1.9",
                                          "1.10",
                                          "2",
                                          "10",
                                          "A",
                                          "a",
                                          "a1",
                                          "a01",
                                          "a1b",
                                          "A2",
                                          "a10",
                                          "a10b",
                                          "a99999999999999999999",
                                          "a100000000000000000000",
                                          "ab",
                                          "Zoo",
                                          "zoo",
                                          "\xC3\xBC"};
  for (std::size_t i = 0; i < in_order.size(); ++i)
    for (std::size_t k = 0; k < in_order.size(); ++k) {
      const int result = compare_names(in_order[i], in_order[k]);
      // "01" and "1" have one value, and are told apart by their bytes.
      const bool same_value = i != k && (in_order[i] == "01" || in_order[k] == "01" || in_order[i] == "a01" ||
                                         in_order[k] == "a01");
      EXPECT_EQ(result == 0, i == k) << in_order[i] << " and " << in_order[k];
      EXPECT_TRUE(i == k || same_value || (result < 0) == (i < k)) << in_order[i] << " and " << in_order[k];
      EXPECT_EQ(result < 0, compare_names(in_order[k], in_order[i]) > 0);
    }
  EXPECT_LT(compare_names("01", "1"), 0);
  EXPECT_LT(compare_names("a01", "a1"), 0);
  EXPECT_LT(compare_names("a1", "a01b"), 0);
}

std::vector<std::string> sorted(std::vector<SortKey> keys, const Order& order) {
  std::sort(keys.begin(), keys.end(),
            [&](const SortKey& one, const SortKey& other) { return comes_before(one, other, order); });
  std::vector<std::string> names;
  for (const SortKey& key : keys) names.emplace_back(key.name);
  return names;
}

TEST(ComesBefore, PutsFoldersFirstInEveryOrder) {
  const std::vector<SortKey> keys{
      {"b", false, 3}, {"folder2", true, 9}, {"a", false, 5}, {"folder10", true, 1}, {"c", false, 3}};
  using Names = std::vector<std::string>;
  const auto by_name = [&keys](bool descending) {
    std::vector<SortKey> without_numbers = keys;
    for (SortKey& key : without_numbers) key.number = 0;
    return sorted(without_numbers, {SortBy::name, descending});
  };
  EXPECT_EQ(by_name(false), (Names{"folder2", "folder10", "a", "b", "c"}));
  EXPECT_EQ(by_name(true), (Names{"folder10", "folder2", "c", "b", "a"}));
  EXPECT_EQ(sorted(keys, {SortBy::time, false}), (Names{"folder10", "folder2", "b", "c", "a"}));
  EXPECT_EQ(sorted(keys, {SortBy::time, true}), (Names{"folder2", "folder10", "a", "b", "c"}))
      << "equal numbers by name, upwards";
}

}  // namespace
}  // namespace bobbin::listing
