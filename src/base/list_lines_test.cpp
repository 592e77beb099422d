#include "base/list_lines.h"

#include <gtest/gtest.h>
#include <string>

namespace bobbin {
namespace {

/// "1=a 3=b"
std::string lines_of(std::string_view text) {
  std::string all;
  ListLines lines(text);
  while (const auto line = lines.next())
    all.append(all.empty() ? "" : " ").append(std::to_string(line->number)).append("=").append(line->text);
  return all;
}

TEST(ListLines, LeavesOutWhatListsNothing) {
  EXPECT_EQ(lines_of("# a comment\na\n\n\r\nb\r\n#c"), "2=a 5=b");
  EXPECT_EQ(lines_of(""), "");
  EXPECT_EQ(lines_of("\n\n"), "");
}

TEST(ListLines, TheLastOneNeedsNoEnd) {
  EXPECT_EQ(lines_of("a"), "1=a");
  EXPECT_EQ(lines_of("a\nb"), "1=a 2=b");
  EXPECT_EQ(lines_of("a\nb\n"), "1=a 2=b");
}

TEST(ListLines, WhatStandsInALineStays) {
  EXPECT_EQ(lines_of(" a # b\t\n"), "1= a # b\t");
  EXPECT_EQ(lines_of("a\rb\r\r\n"), "1=a\rb\r");
}

}  // namespace
}  // namespace bobbin
