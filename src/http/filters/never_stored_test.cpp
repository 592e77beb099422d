#include "http/filters/never_stored.h"

#include <gtest/gtest.h>

namespace bobbin::http::filters {
namespace {

Response redirect_with(std::string_view cache_control) {
  Response response = Response::with_content(Status::temporary_redirect, "", {});
  response.add_field("Location", "https://store.test/a");
  response.add_field("cache-control", cache_control);
  response.add_field("X-A", "b");
  for (const char* name : {"CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "surrogate-control",
                           "X-Accel-Expires", "Expires"})
    response.add_field(name, "600");
  response.add_field("Cache-Control", "immutable");
  return response;
}

TEST(NeverStored, HasTheLastWord) {
  Response response = redirect_with("max-age=31536000");
  response.never_stored = true;
  NeverStored().after({}, response);
  EXPECT_EQ(response.fields, "Location: https://store.test/a\r\nX-A: b\r\nCache-Control: no-store\r\n");
}

TEST(NeverStored, LeavesOthersAsTheyAre) {
  Response response = redirect_with("max-age=60");
  const std::string before = response.fields;
  NeverStored().after({}, response);
  EXPECT_EQ(response.fields, before);
}

}  // namespace
}  // namespace bobbin::http::filters
