#include "base/base64.h"

#include <gtest/gtest.h>
#include <string>

namespace bobbin {
namespace {

using namespace std::string_literals;

// RFC 4648 §10
TEST(Base64, IsThatOfTheStandard) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64("Zg=="), "f");
  EXPECT_EQ(decode_base64("Zm8="), "fo");
  EXPECT_EQ(decode_base64("Zm9v"), "foo");
  EXPECT_EQ(decode_base64("Zm9vYg=="), "foob");
  EXPECT_EQ(decode_base64("Zm9vYmE="), "fooba");
  EXPECT_EQ(decode_base64("Zm9vYmFy"), "foobar");
  EXPECT_EQ(decode_base64("AP/+/w=="), "\0\xFF\xFE\xFF"s);
}

TEST(Base64, EncodesWhatItDecodes) {
  for (const std::string& bytes :
       {""s, "f"s, "fo"s, "foo"s, "foob"s, "fooba"s, "foobar"s, "\0\xFF\xFE\xFF"s, "\xFB\xEF\xBE"s})
    EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
  EXPECT_EQ(encode_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(encode_base64("\xFB\xEF\xBE"), "++++");
}

TEST(Base64, IsNothingElse) {
  for (const std::string_view wrong :
       {"Z", "Zg", "Zg=", "Zm8", "Zg===", "====", "=", "Z===", "Zm 9", "Zm9v\n", "Zm9_", "Zm9-", "=m9v",
        "Z=9v", "Zm=v", "Zm9vYg==Zm9v", "Zh==", "Zm9="})
    EXPECT_EQ(decode_base64(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace bobbin
