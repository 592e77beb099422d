#include "crypto/ed25519.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "crypto/test_hex.h"

namespace bobbin::crypto {
namespace {

struct Ed25519Vector {
  std::string_view key;
  std::string_view message;
  std::string_view signature;
};

// RFC 8032 §7.1: TEST 1, 2, 3 and SHA(abc).
constexpr Ed25519Vector kEd25519Vectors[] = {
    {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
     "d25bf5f0595bbe24655141438e7a100b"},
    {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
     "387b2eaeb4302aeeb00d291612bb0c00"},
    {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
     "4a7c15e9716ed28dc027beceea1ec40a"},
    {"ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
     "454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
     "3dca179c138ac17ad9bef1177331a704"},
};

Ed25519PublicKey key_of(const Ed25519Vector& vector) {
  return *Ed25519PublicKey::from_bytes(as_bytes(from_hex(vector.key)));
}

TEST(Ed25519PublicKey, VerifiesTheSignaturesOfTheStandard) {
  for (const Ed25519Vector& vector : kEd25519Vectors)
    EXPECT_TRUE(
        key_of(vector).verifies(as_bytes(from_hex(vector.message)), as_bytes(from_hex(vector.signature))))
        << vector.key;
}

TEST(Ed25519PublicKey, VerifiesNothingElse) {
  for (const Ed25519Vector& vector : kEd25519Vectors) {
    const Ed25519PublicKey key = key_of(vector);
    const std::string message = from_hex(vector.message);
    const std::string signature = from_hex(vector.signature);
    EXPECT_FALSE(key.verifies(as_bytes(message + "x"), as_bytes(signature)));
    for (const std::size_t at : {0U, 31U, 32U, 63U}) {
      std::string other = signature;
      other[at] = static_cast<char>(other[at] ^ 1);
      EXPECT_FALSE(key.verifies(as_bytes(message), as_bytes(other))) << at;
    }
    EXPECT_FALSE(key.verifies(as_bytes(message), as_bytes(signature.substr(0, 63))));
    EXPECT_FALSE(key.verifies(as_bytes(message), as_bytes(signature + std::string(1, '\0'))));
    EXPECT_FALSE(key.verifies(as_bytes(message), Bytes()));
  }
  EXPECT_FALSE(
      key_of(kEd25519Vectors[0]).verifies(Bytes(), as_bytes(from_hex(kEd25519Vectors[1].signature))));
  EXPECT_TRUE(key_of(kEd25519Vectors[0]).verifies(Bytes(), as_bytes(from_hex(kEd25519Vectors[0].signature))))
      << "what was wrong with one signature must not stay with the next";
}

TEST(Ed25519PublicKey, Has32Bytes) {
  EXPECT_TRUE(Ed25519PublicKey::from_bytes(as_bytes(std::string(32, 'k'))));
  for (const std::size_t size : {0U, 31U, 33U, 64U})
    EXPECT_FALSE(Ed25519PublicKey::from_bytes(as_bytes(std::string(size, 'k')))) << size;
}

}  // namespace
}  // namespace bobbin::crypto
