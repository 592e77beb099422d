#include "http_client/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// What is sent, and what comes back, is tested with servers: tests/integration/test_forward.py.
namespace bobbin::http_client {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(ClientTest, NamesThePackageOfALibraryThatIsMissing) {
  const auto client = Client::open({}, "libnosuchcurl.so.4");
  ASSERT_FALSE(client);
  EXPECT_THAT(client.error(),
              AllOf(HasSubstr("libnosuchcurl.so.4 is missing"), HasSubstr("package libcurl4")));
}

TEST(ClientTest, NamesAFunctionThatTheLibraryLacks) {
  const auto client = Client::open({}, "libc.so.6");
  ASSERT_FALSE(client);
  EXPECT_THAT(client.error(), HasSubstr("libc.so.6 has no function curl_global_init"));
}

TEST(ClientTest, SaysWhyThereIsNoAnswer) {
  auto client = Client::open({});
  ASSERT_TRUE(client) << client.error();
  const RequestOutcome outcome = client->send(
      {.url = "http://127.0.0.1:1/", .fields = {{"A", "b"}}, .content = "{}"}, [] { return false; });
  const auto* const none = std::get_if<NoAnswer>(&outcome);
  ASSERT_NE(none, nullptr);
  EXPECT_THAT(none->reason, HasSubstr("127.0.0.1 port 1"));
}

TEST(ClientTest, EndsWhenItIsTold) {
  auto client = Client::open({});
  ASSERT_TRUE(client) << client.error();
  const RequestOutcome outcome = client->send({.url = "http://127.0.0.1:1/"}, [] { return true; });
  EXPECT_TRUE(std::holds_alternative<Aborted>(outcome));
}

}  // namespace
}  // namespace bobbin::http_client
