#include "os/shared_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bobbin::os {
namespace {

TEST(SharedLibraryTest, HasTheFunctionsOfTheLibrary) {
  const auto library = SharedLibrary::load("libc.so.6");
  ASSERT_TRUE(library) << library.error();
  auto* const absolute = library->function<int(int)>("abs");
  ASSERT_NE(absolute, nullptr);
  EXPECT_EQ(absolute(-7), 7);
  EXPECT_EQ(library->function<int(int)>("no_such_function_anywhere"), nullptr);
}

TEST(SharedLibraryTest, SaysThatThereIsNoneOfTheName) {
  const auto library = SharedLibrary::load("libnosuchthing.so.4");
  ASSERT_FALSE(library);
  EXPECT_THAT(library.error(), testing::HasSubstr("libnosuchthing.so.4"));
}

}  // namespace
}  // namespace bobbin::os
