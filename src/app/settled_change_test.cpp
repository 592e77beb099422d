#include "app/settled_change.h"

#include <gtest/gtest.h>

namespace bobbin::app {
namespace {

TEST(SettledChange, IsDueOnceWhenItHasStayedTheSame) {
  SettledChange change;
  EXPECT_FALSE(change.is_due(1, 1));
  EXPECT_FALSE(change.is_due(2, 1)) << "it may be half written";
  EXPECT_FALSE(change.is_due(3, 1)) << "it was";
  EXPECT_TRUE(change.is_due(3, 1));
  EXPECT_FALSE(change.is_due(3, 1)) << "it could not be used, and is not tried again";
  EXPECT_FALSE(change.is_due(4, 1));
  EXPECT_TRUE(change.is_due(4, 1));
}

TEST(SettledChange, IsForgottenWhenTheFilesAreWhatTheyWere) {
  SettledChange change;
  EXPECT_FALSE(change.is_due(2, 1));
  EXPECT_TRUE(change.is_due(2, 1));
  EXPECT_FALSE(change.is_due(1, 1));
  EXPECT_FALSE(change.is_due(2, 1));
  EXPECT_TRUE(change.is_due(2, 1));
}

}  // namespace
}  // namespace bobbin::app
