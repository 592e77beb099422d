#include "net/tls/ticket_keys.h"

#include <gtest/gtest.h>

namespace bobbin::net::tls {
namespace {

TEST(TicketKeys, AnOldKeyOpensForTwoRotations) {
  TicketKeys keys;
  const TicketKey first = keys.sealing();
  EXPECT_FALSE(keys.opening(first.name)->is_old);
  for (int rotations = 1; rotations <= 2; ++rotations) {
    keys.rotate();
    EXPECT_NE(keys.sealing().name, first.name);
    ASSERT_TRUE(keys.opening(first.name)) << rotations;
    EXPECT_TRUE(keys.opening(first.name)->is_old);
    EXPECT_EQ(keys.opening(first.name)->key.cipher, first.cipher);
  }
  keys.rotate();
  EXPECT_FALSE(keys.opening(first.name));
}

TEST(TicketKeys, EveryObjectHasAKeyOfItsOwn) {
  EXPECT_NE(TicketKeys().sealing().name, TicketKeys().sealing().name);
}

TEST(TicketKeys, AFileHasWholeKeys) {
  const std::string key = std::string(16, 'n') + std::string(32, 'm') + std::string(32, 'c');
  for (const std::string& bad : {std::string(), std::string("x"), key + "\n", key.substr(1)})
    EXPECT_FALSE(TicketKeys::parse(bad)) << bad.size();
  const std::string other = std::string(16, 'o') + std::string(64, 'x');
  auto parsed = TicketKeys::parse(key + other);
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->size(), 2U);
  EXPECT_EQ((*parsed)[0].mac[31], 'm');
  EXPECT_EQ((*parsed)[0].cipher[0], 'c');
  TicketKeys keys;
  keys.replace(*std::move(parsed));
  EXPECT_EQ(keys.sealing().name[0], 'n');
  EXPECT_TRUE(keys.opening(std::array<unsigned char, 16>{'o', 'o', 'o', 'o', 'o', 'o', 'o', 'o', 'o', 'o',
                                                         'o', 'o', 'o', 'o', 'o', 'o'})
                  ->is_old);
}

}  // namespace
}  // namespace bobbin::net::tls
