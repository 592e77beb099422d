#include "app/nearest_name.h"

#include <gtest/gtest.h>

namespace bobbin::app {
namespace {

TEST(NearestName, ForgivesOneSlipForEveryThreeLetters) {
  const std::string names[] = {"port", "threads", "max_head", "max_upload"};
  struct Case {
    const char* name;
    const char* want;
  };
  const Case cases[] = {{"port", "port"},
                        {"prot", "port"},
                        {"por", "port"},
                        {"poort", "port"},
                        {"pork", "port"},
                        {"treads", "threads"},
                        {"thraeds", "threads"},
                        {"max-head", "max_head"},
                        {"maxupload", "max_upload"},
                        {"x", ""},
                        {"", ""},
                        {"prx", ""},
                        {"drops", ""},
                        {"something_else", ""}};
  for (const auto& [name, want] : cases) EXPECT_EQ(nearest_name(name, names), want) << name;
  EXPECT_EQ(nearest_name(std::string(1'000'000, 'x'), names), "");
}

}  // namespace
}  // namespace bobbin::app
