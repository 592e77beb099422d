#include "doctor/machine_findings.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor/folder_findings.h"

namespace bobbin::doctor {
namespace {

using Severity = Finding::Severity;
using ::testing::HasSubstr;

class MachineFindings : public ::testing::Test {
 protected:
  /// What is said about this; of several, the worst.
  [[nodiscard]] Finding found(const std::string& about) const {
    Finding worst{Severity::fine, about, "(nothing)"};
    for (const Finding& each : judge(machine_, requirements_))
      if (each.about == about && (each.severity >= worst.severity)) worst = each;
    return worst;
  }

  Machine machine_{.kernel = "6.1.0",
                   .has_openat2 = true,
                   .landlock_version = 4,
                   .cpus = 4,
                   .descriptors = 65536,
                   .memory_bytes = {},
                   .tasks = {},
                   .backlog = 4096,
                   .clock_is_synchronized = true,
                   .now = WallTime(std::chrono::sys_days(std::chrono::year{2026} / 12 / 1))};
  Requirements requirements_{
      .threads = 10, .connections = 11264, .descriptors = 14296, .memory_bytes = 64 << 20};
};

TEST_F(MachineFindings, AGoodMachineIsFine) {
  const Findings findings = judge(machine_, requirements_);
  EXPECT_FALSE(has_problem(findings));
  EXPECT_TRUE(std::ranges::all_of(findings, [](const Finding& f) { return f.severity == Severity::fine; }))
      << as_text(findings);
}

TEST_F(MachineFindings, AnOldKernelIsNamed) {
  machine_.has_openat2 = false;
  machine_.landlock_version = 0;
  EXPECT_EQ(found("kernel").severity, Severity::advice);
  EXPECT_THAT(found("kernel").remedy, HasSubstr("5.6"));
  EXPECT_EQ(found("sandbox").severity, Severity::advice);
}

TEST_F(MachineFindings, FewDescriptorsAreComparedWithTheConnections) {
  machine_.descriptors = 1024;
  EXPECT_EQ(found("files").severity, Severity::advice);
  EXPECT_EQ(found("files").text, "at most 1024 may be open, and 14296 are needed for all 11264 connections");
  EXPECT_THAT(found("files").remedy, HasSubstr("LimitNOFILE="));
}

TEST_F(MachineFindings, CpusThatAreLeftUnusedAreAdvised) {
  machine_.cpus = 16;
  EXPECT_EQ(found("threads").remedy, "--threads auto");
  requirements_.is_automatic = true;
  EXPECT_EQ(found("threads").severity, Severity::fine);
}

TEST_F(MachineFindings, LimitsOfTheControlGroupAreProblems) {
  machine_.tasks = 20;
  machine_.memory_bytes = 32 << 20;
  EXPECT_EQ(found("threads").severity, Severity::problem);
  EXPECT_EQ(found("memory").severity, Severity::problem);
  machine_.tasks = 500;
  machine_.memory_bytes = 1 << 30;
  EXPECT_EQ(found("threads").severity, Severity::fine);
  EXPECT_EQ(found("memory").severity, Severity::fine);
}

TEST_F(MachineFindings, TheClockMattersMostToWhoTakesDocuments) {
  machine_.clock_is_synchronized = false;
  EXPECT_EQ(found("clock").severity, Severity::fine);
  requirements_.takes_documents = true;
  EXPECT_EQ(found("clock").severity, Severity::advice);
  machine_.now = WallTime(std::chrono::seconds(0));
  EXPECT_EQ(found("clock").severity, Severity::problem);
}

TEST_F(MachineFindings, ASmallBacklogIsAdvised) {
  machine_.backlog = 128;
  EXPECT_EQ(found("network").remedy, "sysctl net.core.somaxconn=4096");
}

TEST(Finding, IsShownAsTextAndAsJson) {
  const Findings findings{{Severity::fine, "kernel", "it is new"},
                          {Severity::problem, "a\n\"b", "bad", "mend it"}};
  EXPECT_EQ(as_text(findings),
            "fine     kernel: it is new\n"
            "problem  a\\x0a\"b: bad\n"
            "         > mend it\n"
            "1 problem, 0 pieces of advice\n");
  EXPECT_EQ(
      as_json(findings),
      "[{\"severity\":\"fine\",\"about\":\"kernel\",\"text\":\"it is new\",\"remedy\":\"\"},\n"
      "{\"severity\":\"problem\",\"about\":\"a\\u000a\\\"b\",\"text\":\"bad\",\"remedy\":\"mend it\"}]\n");
}

/// sysfs-block(5): queue/write_cache.
TEST(CacheFinding, SaysWhatAFlushHasToDo) {
  EXPECT_THAT(cache_finding("uploads", "write back\n").text, HasSubstr("a flush empties"));
  EXPECT_THAT(cache_finding("uploads", "write through\n").text, HasSubstr("its host decides"));
}

}  // namespace
}  // namespace bobbin::doctor
