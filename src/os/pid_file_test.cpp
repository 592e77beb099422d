#include "os/pid_file.h"

#include <cerrno>
#include <gtest/gtest.h>
#include <optional>

#include "os/file.h"
#include "os/process.h"
#include "os/test_directory.h"

namespace bobbin::os {
namespace {

TEST(PidFile, NamesThisProcessUntilItsEnd) {
  const TestDirectory place;
  {
    const PidFile file = *PidFile::write(place.path("pid"));
    EXPECT_EQ(*read_file(place.path("pid")), std::to_string(process_number()) + "\n");
    const auto named = *read_pid_file(place.path("pid"));
    EXPECT_EQ(named.process, process_number());
    EXPECT_TRUE(named.is_locked);
    EXPECT_EQ(place.names().size(), 1U);
  }
  EXPECT_FALSE(place.has("pid"));
}

TEST(PidFile, IsAnotherVersionWhenItIsWrittenAnew) {
  const TestDirectory place;
  PidFile file = *PidFile::write(place.path("pid"));
  const auto before = *read_pid_file(place.path("pid"));
  EXPECT_EQ(*read_pid_file(place.path("pid")), before);
  ASSERT_TRUE(file.renew());
  const auto after = *read_pid_file(place.path("pid"));
  EXPECT_NE(after.version, before.version);
  EXPECT_TRUE(after.is_locked);
}

TEST(PidFile, OfAnotherProcessIsNotRemoved) {
  const TestDirectory place;
  {
    const PidFile file = *PidFile::write(place.path("pid"));
    place.write("pid", "1\n");
  }
  EXPECT_TRUE(place.has("pid"));
  EXPECT_FALSE(read_pid_file(place.path("pid"))->is_locked) << "it was left behind";
}

TEST(PidFile, SaysWhatIsNone) {
  const TestDirectory place;
  EXPECT_EQ(read_pid_file(place.path("pid")).error().code, ENOENT);
  for (const char* text : {"", "x\n", "-3\n", "0\n", "12 13\n"}) {
    place.write("pid", text);
    EXPECT_EQ(read_pid_file(place.path("pid")).error().code, EINVAL) << text;
  }
  EXPECT_EQ(PidFile::write(place.path("nowhere/pid")).error().code, ENOENT);
}

}  // namespace
}  // namespace bobbin::os
