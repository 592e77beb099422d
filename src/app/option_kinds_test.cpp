#include "app/option_kinds.h"

#include <gtest/gtest.h>
#include <regex>
#include <string>

#include "app/options.h"

namespace bobbin::app {
namespace {

// Whoever reads what is allowed takes one of the examples.
TEST(Time, HasExamplesThatAreAllowed) {
  std::size_t tried = 0;
  for (const Option& option : options()) {
    const auto* time = option.is_setting() ? std::get_if<Time>(&option.kind()) : nullptr;
    if (time == nullptr) continue;
    SCOPED_TRACE(option.name);
    std::string allowed = time->allowed();
    const std::size_t start = allowed.find("such as ");
    ASSERT_NE(start, std::string::npos) << allowed;
    allowed.erase(0, start + 8);
    const std::regex word("[0-9]+[a-z]+");
    for (std::sregex_iterator found(allowed.begin(), allowed.end(), word), end; found != end; ++found) {
      OwnTarget own;
      EXPECT_TRUE(time->assign(own.target(), found->str())) << found->str();
      ++tried;
    }
  }
  EXPECT_GT(tried, 20U);
}

}  // namespace
}  // namespace bobbin::app
