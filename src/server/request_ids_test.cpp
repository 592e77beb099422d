#include "server/request_ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "http/request_id.h"

namespace bobbin::server {
namespace {

TEST(RequestIds, AreOf128BitsAndNeverTheSame) {
  RequestIds ids;
  RequestIds others;
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i)
    for (RequestIds* each : {&ids, &others}) {
      const std::string id = each->next();
      EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]*"));
      EXPECT_EQ(id.size(), 32U);
      EXPECT_TRUE(http::is_request_id(id));
      EXPECT_TRUE(seen.insert(id).second) << id;
    }
}

}  // namespace
}  // namespace bobbin::server
