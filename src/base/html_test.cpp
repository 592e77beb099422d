#include "base/html.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace bobbin {
namespace {

std::string escaped(std::string_view text) {
  std::string html;
  append_html(html, text);
  return html;
}

TEST(Html, TextStandsForItselfInContentAndInAttributes) {
  EXPECT_EQ(escaped("<a b=\"c\" d='e'>&\xC3\xBC"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\xC3\xBC");
}

TEST(Html, WhatItCannotHoldIsReplaced) {
  EXPECT_EQ(escaped("a\xE9z\n\x7F\t"), "a\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\t");
}

}  // namespace
}  // namespace bobbin
