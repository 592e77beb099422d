#include "base/append.h"

#include <cstdint>
#include <gtest/gtest.h>

namespace bobbin {
namespace {

TEST(AppendParts, WritesTextsAndNumbers) {
  std::string out = "{";
  append_parts(out, "\"a\":", std::uint64_t{0}, ',', std::string("\"b\":"), UINT64_MAX,
               std::string_view("}"));
  EXPECT_EQ(out, "{\"a\":0,\"b\":18446744073709551615}");
}

TEST(AppendParts, WritesTheLargestOfEachType) {
  std::string out;
  append_parts(out, std::uint8_t{255}, ' ', std::uint16_t{65535}, ' ', std::uint32_t{4294967295U});
  EXPECT_EQ(out, "255 65535 4294967295");
}

}  // namespace
}  // namespace bobbin
