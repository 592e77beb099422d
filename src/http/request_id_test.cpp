#include "http/request_id.h"

#include <gtest/gtest.h>
#include <string>

#include "http/http1/session_driver.h"

namespace bobbin::http {
namespace {

TEST(RequestId, WhatMayBeUsed) {
  EXPECT_TRUE(is_request_id("a"));
  EXPECT_TRUE(is_request_id("AZaz09._:-"));
  EXPECT_TRUE(is_request_id(std::string(128, 'x')));
  EXPECT_FALSE(is_request_id(std::string(129, 'x')));
  for (const std::string_view text : {"", " ", "a b", "a\"", "a\n", "a/b", "é", "a,b"})
    EXPECT_FALSE(is_request_id(text)) << text;
}

TEST(RequestId, StandsInAnswersWhereAFieldIsNamed) {
  SessionSettings settings{.request_ids = true, .request_id_field = "X-Id"};
  http1::SessionDriver driver(settings);
  driver.feed(http1::kGet);
  driver.feed(http1::kGet);
  ASSERT_EQ(driver.summaries.size(), 2U);
  EXPECT_EQ(driver.summaries[0].log_fields.request_id, "made-1");
  EXPECT_EQ(driver.summaries[1].log_fields.request_id, "made-2");
  EXPECT_EQ(http1::count(driver.sent, "\r\nX-Id: made-1\r\n"), 1U);
  EXPECT_EQ(http1::count(driver.sent, "\r\nX-Id: made-2\r\n"), 1U);
}

TEST(RequestId, IsNotAskedForWithoutTheOption) {
  http1::SessionDriver driver(SessionSettings{.request_id_field = "X-Id"});
  driver.feed(http1::kGet);
  EXPECT_EQ(driver.summaries[0].log_fields.request_id, "");
  EXPECT_EQ(http1::count(driver.sent, "X-Id"), 0U);
}

}  // namespace
}  // namespace bobbin::http
