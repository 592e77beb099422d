#include "feed/packed_name.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "store/document_name.h"

namespace bobbin::feed {
namespace {

TEST(PackedName, IsTheNameAgain) {
  for (const std::string_view name : {"20261128T133608.020353Z-vmcgwkmaqnuk46sqmj4laqvgva.json",
                                      "19700101T000000.000000Z-aaaaaaaaaaaaaaaaaaaaaaaaaa.json",
                                      "22611231T235959.999999Z-77777777777777777777777777.json",
                                      "20240229T000000.000001Z-abcdefghijklmnopqrstuvwxyz.json"}) {
    const auto packed = PackedName::of(name);
    ASSERT_TRUE(packed) << name;
    EXPECT_EQ(packed->text(), name);
  }
}

TEST(PackedName, TakesEveryNameOfARecord) {
  store::RecordNames names;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = names.next(wall_now(), store::random_text());
    const auto packed = PackedName::of(name);
    ASSERT_TRUE(packed) << name;
    EXPECT_EQ(packed->text(), name);
  }
}

TEST(PackedName, HasTheOrderOfTheNames) {
  const std::vector<std::string> names = {"20261128T133608.020353Z-vmcgwkmaqnuk46sqmj4laqvgva.json",
                                          "20261128T133608.020354Z-222222222222222222222222a2.json",
                                          "20261128T133608.020354Z-aaaaaaaaaaaaaaaaaaaaaaaaa2.json",
                                          "20261128T133608.020354Z-aaaaaaaaaaaaaaaaaaaaaaaaaz.json",
                                          "20270101T000000.000000Z-aaaaaaaaaaaaaaaaaaaaaaaaaa.json"};
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    ASSERT_LT(names[i], names[i + 1]);
    EXPECT_LT(*PackedName::of(names[i]), *PackedName::of(names[i + 1])) << names[i];
  }
}

TEST(PackedName, OtherNamesAreNone) {
  for (const std::string_view name :
       {"", "document.json", "20261128T133608.020353Z-vmcgwkmaqnuk46sqmj4laqvgv.json",
        "20261128T133608.020353Z-Vmcgwkmaqnuk46sqmj4laqvgva.json",
        "20261128T133608.020353Z-vmcgwkmaqnuk46sqmj4laqvgv1.json",
        "20261328T133608.020353Z-vmcgwkmaqnuk46sqmj4laqvgva.json",
        "20260230T133608.020353Z-vmcgwkmaqnuk46sqmj4laqvgva.json",
        "20261128T243608.020353Z-vmcgwkmaqnuk46sqmj4laqvgva.json",
        "20261128t133608.020353Z-vmcgwkmaqnuk46sqmj4laqvgva.json",
        "me.20261128T133608.020353Z-vmcgwkmaqnuk46sqmj4laqvgva.json"})
    EXPECT_FALSE(PackedName::of(name)) << name;
}

}  // namespace
}  // namespace bobbin::feed
