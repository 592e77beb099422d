#include "object_store/role_credentials.h"

#include <gtest/gtest.h>

// What is sent, and what comes back, is tested with stand-ins: tests/integration/test_roles.py.
namespace bobbin::object_store {
namespace {

/// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
TEST(ContainerCredentials, AreAskedForNearby) {
  for (const char* url :
       {"http://169.254.170.2/v2/credentials/1", "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::23]/v1/credentials", "http://127.0.0.1:8080/a?b=c", "http://127.9.8.7",
        "http://[::1]:80/", "http://localhost:4566/x", "HTTP://LOCALHOST/", "https://example.org/a"})
    EXPECT_TRUE(may_ask_for_container(url)) << url;
  for (const char* url :
       {"http://169.254.170.24/", "http://169.254.169.254/", "http://192.168.0.1/", "http://example.org/",
        "http://[fd00:ec2::24]/", "http://localhost.example.org/", "http://127.0.0.1.example.org/",
        "http://user@127.0.0.1/", "http://example.org/?http://127.0.0.1", "http://127.0.0.1@example.org/",
        "http://0.0.0.0/", "http://2130706433/", "ftp://127.0.0.1/", "/v2/credentials", ""})
    EXPECT_FALSE(may_ask_for_container(url)) << url;
}

}  // namespace
}  // namespace bobbin::object_store
