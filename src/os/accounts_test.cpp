#include "os/accounts.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace bobbin::os {
namespace {

TEST(Accounts, AreFoundByTheirNamesAndNumbers) {
  EXPECT_EQ(user_number("root"), 0U);
  EXPECT_EQ(group_number("root"), 0U);
  EXPECT_EQ(user_number("12345"), 12345U);
  EXPECT_EQ(user_number("no-such-user").error().code, ENOENT);
  EXPECT_EQ(group_number("no-such-group").error().code, ENOENT);
}

}  // namespace
}  // namespace bobbin::os
