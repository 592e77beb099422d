#include "auth/password_hash.h"

#include <gtest/gtest.h>

#include "auth/test_hashes.h"

namespace bobbin::auth {
namespace {

using namespace std::string_literals;

TEST(PasswordHash, OfEveryAllowedMethodIsVerified) {
  const std::string bcrypt_tail(kBcrypt + 3);
  for (const std::string& hash :
       {std::string(kBcrypt), "$2b" + bcrypt_tail, "$2a" + bcrypt_tail, std::string(kSha512),
        std::string(kSha256), std::string(kYescrypt), std::string(kGostYescrypt), std::string(kScrypt)}) {
    EXPECT_TRUE(is_password_hash(hash)) << hash;
    EXPECT_TRUE(is_password("secret", hash)) << hash;
    for (const std::string& wrong :
         {"Secret"s, ""s, "secret "s, "secret\0"s, "secret\0x"s, std::string(512, 's')})
      EXPECT_FALSE(is_password(wrong, hash)) << hash << wrong;
  }
}

TEST(PasswordHash, OfAWeakMethodOrADamagedOneIsNone) {
  const std::string bcrypt = kBcrypt;
  const std::string sha512 = kSha512;
  for (const std::string& hash : {""s,
                                  "secret"s,
                                  "$"s,
                                  "$$"s,
                                  "$2y$"s,
                                  "$6$"s,
                                  "$y$"s,
                                  "*"s,
                                  "!"s,
                                  "abNANd1rDfiNc"s,
                                  "$1$salt$ez2vlPGdaLYkJam5pWs/Y1"s,
                                  "$apr1$salt$ez2vlPGdaLYkJam5pWs/Y1"s,
                                  "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="s,
                                  bcrypt.substr(1),
                                  bcrypt.substr(0, 59),
                                  bcrypt + "W",
                                  "$2y$03" + bcrypt.substr(6),
                                  "$2y$17" + bcrypt.substr(6),
                                  "$2y$4x" + bcrypt.substr(6),
                                  sha512.substr(0, sha512.size() - 1),
                                  sha512 + ".",
                                  sha512 + ":x",
                                  sha512 + " ",
                                  "$6$rounds=5000001$salt$" + sha512.substr(20),
                                  "$6$rounds=x$salt$" + sha512.substr(20),
                                  "$6$rounds=1000" + sha512.substr(20),
                                  std::string(kYescrypt) + "2",

                                  "$6$sa\nlt$" + sha512.substr(20),
                                  "$6$"s + std::string(1000, 'a')})
    EXPECT_FALSE(is_password_hash(hash)) << hash;
}

}  // namespace
}  // namespace bobbin::auth
