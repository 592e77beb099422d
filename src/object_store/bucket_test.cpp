#include "object_store/bucket.h"

#include <gtest/gtest.h>

// What is sent, and what comes back, is tested with stores: tests/integration/test_drain.py.
namespace bobbin::object_store {
namespace {

using Kind = Trouble::Kind;

TEST(ErrorCode, StandsInTheContentOfTheAnswer) {
  EXPECT_EQ(
      error_code_in("<?xml version=\"1.0\"?>\n<Error><Code>SlowDown</Code><Message>…</Message></Error>"),
      "SlowDown");
  EXPECT_EQ(error_code_in("<Error><Code>XAmzContentSHA256Mismatch</Code></Error>"),
            "XAmzContentSHA256Mismatch");
  for (const char* content : {"", "<Error/>", "<Code>", "<Code>Slow", "<Code>\x1B[2J</Code>",
                              "<Code>a b</Code>", "<html>503</html>"})
    EXPECT_EQ(error_code_in(content), "") << content;
  EXPECT_EQ(error_code_in("<Code>" + std::string(65, 'a') + "</Code>"), "");
}

/// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
TEST(Refusal, MayPassOrHasToBeMended) {
  EXPECT_EQ(kind_of_refusal(500, "InternalError"), Kind::unavailable);
  EXPECT_EQ(kind_of_refusal(503, "SlowDown"), Kind::unavailable);
  EXPECT_EQ(kind_of_refusal(502, ""), Kind::unavailable);
  EXPECT_EQ(kind_of_refusal(409, "ConditionalRequestConflict"), Kind::unavailable);
  EXPECT_EQ(kind_of_refusal(400, "RequestTimeout"), Kind::unavailable);
  EXPECT_EQ(kind_of_refusal(400, "BadDigest"), Kind::unavailable);
  EXPECT_EQ(kind_of_refusal(400, "XAmzContentSHA256Mismatch"), Kind::unavailable);
  EXPECT_EQ(kind_of_refusal(429, ""), Kind::unavailable);
  EXPECT_EQ(kind_of_refusal(403, "AccessDenied"), Kind::refused);
  EXPECT_EQ(kind_of_refusal(403, "InvalidAccessKeyId"), Kind::refused);
  EXPECT_EQ(kind_of_refusal(404, "NoSuchBucket"), Kind::refused);
  EXPECT_EQ(kind_of_refusal(301, "PermanentRedirect"), Kind::refused);
  EXPECT_EQ(kind_of_refusal(501, "NotImplemented"), Kind::refused) << "it cannot create once";
  EXPECT_EQ(kind_of_refusal(400, "EntityTooLarge"), Kind::impossible);
  EXPECT_EQ(kind_of_refusal(413, ""), Kind::refused) << "a proxy in between has a limit";
  EXPECT_EQ(kind_of_refusal(400, "KeyTooLongError"), Kind::refused) << "the prefix is too long";
}

}  // namespace
}  // namespace bobbin::object_store
