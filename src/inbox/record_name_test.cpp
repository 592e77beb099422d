#include "inbox/record_name.h"

#include <gtest/gtest.h>
#include <string>

#include "store/document_name.h"

namespace bobbin::inbox {
namespace {

const std::string kRecord = "20261128T133608.020353Z-vmcgwkmaqnuk46sqmj4laqvgva.json";

TEST(RecordName, IsWhatTheStoreMakes) {
  EXPECT_TRUE(is_record_name(kRecord));
  EXPECT_TRUE(is_record_name(store::RecordNames().next(wall_now(), store::random_text())));
}

TEST(RecordName, IsNothingElse) {
  const std::string odd[] = {"",
                             ".",
                             "x" + kRecord.substr(1),
                             kRecord + "x",
                             "x" + kRecord,
                             kRecord.substr(1),
                             kRecord.substr(0, kRecord.size() - 5) + ".tmp1",
                             "20261128T133608.020353Z-vmcgwkmaqnuk46sqmj4laqvgv\n.json",
                             "20261128T133608.020353Z-vmcgwkmaqnuk46sqmj4laqvgv1.json",
                             "20261128T133608.020353Z-vmcgwkmaqnuk46sqmj4laqvgvA.json",
                             "upload_20261128_120000_vmcgwkmaqnuk46sqmj4laqvgva.json"};
  for (const std::string& name : odd) EXPECT_FALSE(is_record_name(name)) << name;
}

TEST(ConsumerName, CanBeToldFromTheNameOfARecord) {
  for (const std::string& name : {std::string("a"), std::string("Deploy_2-x"), std::string(64, 'z')})
    EXPECT_TRUE(is_consumer_name(name)) << name;
  for (const std::string& name : {std::string(), std::string(65, 'z'), std::string("a.b"), std::string("a/b"),
                                  std::string("a b"), std::string("\xC3\xA4"), std::string(1, '\0')})
    EXPECT_FALSE(is_consumer_name(name)) << name;
}

TEST(ClaimName, IsTakenApart) {
  EXPECT_EQ(claim_in("deploy." + kRecord), (Claim{.consumer = "deploy", .record = kRecord}));
  EXPECT_EQ((Claim{.consumer = "deploy", .record = kRecord}.name()), "deploy." + kRecord);
  EXPECT_EQ(claim_in("host.example." + kRecord), (Claim{.consumer = "host.example", .record = kRecord}))
      << "a program that claims by itself may be called so";
  for (const std::string& name : {kRecord, "." + kRecord, "x" + kRecord, "a b." + kRecord, "\n." + kRecord,
                                  "a." + kRecord + "x", std::string(), std::string("a.json")})
    EXPECT_FALSE(claim_in(name)) << name;
}

}  // namespace
}  // namespace bobbin::inbox
