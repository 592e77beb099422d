#include "signatures/signed_bytes.h"

#include <gtest/gtest.h>

namespace bobbin::signatures {
namespace {

TEST(SignedBytes, AreWhatTheTemplateSays) {
  const auto standard = SignedBytes::parse("{id}.{timestamp}.{body}");
  ASSERT_TRUE(standard);
  EXPECT_EQ(standard->front("msg_1", "1614265330"), "msg_1.1614265330.");
  EXPECT_EQ(standard->back("msg_1", "1614265330"), "");
  EXPECT_TRUE(standard->has_id());
  EXPECT_TRUE(standard->has_timestamp());

  const auto reversed = SignedBytes::parse("<{body}|{timestamp}>");
  ASSERT_TRUE(reversed);
  EXPECT_EQ(reversed->front("", "7"), "<");
  EXPECT_EQ(reversed->back("", "7"), "|7>");
  EXPECT_FALSE(reversed->has_id());
  EXPECT_TRUE(reversed->has_timestamp());

  const auto body = SignedBytes::parse("{body}");
  ASSERT_TRUE(body);
  EXPECT_EQ(body->front("a", "7") + body->back("a", "7"), "");
  EXPECT_FALSE(body->has_timestamp());
}

TEST(SignedBytes, KeepAValueThatLooksLikeAPlaceholder) {
  const auto parsed = SignedBytes::parse("{id}.{timestamp}.{body}");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->front("{timestamp}", "{id}"), "{timestamp}.{id}.");
}

TEST(SignedBytes, AreRefusedWhenTheyAreAmbiguous) {
  for (const char* wrong : {"", "{timestamp}", "body", "{body}{body}", "{timestamp}{timestamp}{body}",
                            "{timestamp}.{body}.{timestamp}", "{id}{body}{id}", "{Body}", "{ body }", "{body",
                            "body}", "{{body}}", "{}{body}", "{body}{", "{body}}", "{url}{body}"})
    EXPECT_FALSE(SignedBytes::parse(wrong)) << wrong;
}

}  // namespace
}  // namespace bobbin::signatures
