#include "crypto/sha256.h"

#include <gtest/gtest.h>
#include <string>

namespace bobbin::crypto {
namespace {

// FIPS 180-4's examples.
TEST(Sha256, IsThatOfTheStandard) {
  const Digest of_nothing =
      *digest_from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const Digest of_abc = *digest_from_hex("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD");
  EXPECT_EQ(sha256(""), of_nothing);
  EXPECT_EQ(sha256("abc"), of_abc);
  EXPECT_EQ(Sha256().add("a").add("").add("bc").finish(), of_abc);
}

TEST(Sha256, GoesOnFromACopy) {
  Sha256 keyed;
  keyed.add("secret");
  EXPECT_EQ(Sha256(keyed).add("a").finish(), sha256("secreta"));
  EXPECT_EQ(Sha256(keyed).add("b").finish(), sha256("secretb"));
}

TEST(Digest, IsReadFromItsDigitsOnly) {
  const std::string digits(64, '0');
  EXPECT_TRUE(digest_from_hex(digits));
  EXPECT_FALSE(digest_from_hex(""));
  EXPECT_FALSE(digest_from_hex(digits + "0"));
  EXPECT_FALSE(digest_from_hex(digits.substr(1)));
  for (const std::string_view wrong : {"g0", "0 ", " 0", "+0", "-0", "0x"})
    EXPECT_FALSE(digest_from_hex(digits.substr(2) + std::string(wrong))) << wrong;
}

TEST(Digest, IsComparedWhole) {
  const Digest digest = sha256("x");
  EXPECT_TRUE(is_same_secret(digest, sha256("x")));
  for (const std::size_t at : {0U, 15U, 31U}) {
    Digest other = digest;
    other[at] ^= std::byte{1};
    EXPECT_FALSE(is_same_secret(digest, other)) << at;
  }
  EXPECT_FALSE(is_same_secret(digest, Bytes(digest).first(31)));
  EXPECT_FALSE(is_same_secret(Bytes(digest).first(31), digest));
  EXPECT_FALSE(is_same_secret(digest, Bytes()));
}

}  // namespace
}  // namespace bobbin::crypto
