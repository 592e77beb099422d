#include "http/accept.h"

#include <gtest/gtest.h>
#include <optional>
#include <string_view>
#include <vector>

namespace bobbin::http {
namespace {

std::optional<int> weight(const std::vector<std::string_view>& accept_lines, std::string_view media_type) {
  RequestHead head;
  for (const std::string_view line : accept_lines)
    EXPECT_TRUE(head.fields.add({FieldName::accept, "Accept", line}));
  return weight_of(head, media_type);
}

TEST(WeightOf, AnyTypeIsAcceptableToWhoSaysNothing) {  // RFC 9110 §12.5.1
  EXPECT_EQ(weight({}, "text/event-stream"), kFullWeight);
}

TEST(WeightOf, TheMostSpecificRangeDecides) {  // RFC 9110 §12.5.1
  EXPECT_EQ(weight({"*/*;q=0.1, text/*;q=0.2, text/event-stream;q=0.3"}, "text/event-stream"), 300);
  EXPECT_EQ(weight({"*/*;q=0.1, text/*;q=0.2"}, "text/event-stream"), 200);
  EXPECT_EQ(weight({"*/*;q=0.1", "application/json"}, "text/event-stream"), 100);
  EXPECT_EQ(weight({"text/event-stream;q=0, */*"}, "text/event-stream"), 0);
  EXPECT_EQ(weight({"Application/X-NDJSON"}, "application/x-ndjson"), kFullWeight);
}

TEST(WeightOf, WhatNoRangeCoversIsNotAcceptable) {
  EXPECT_EQ(weight({"application/json"}, "application/cloudevents-batch+json"), 0);
  EXPECT_EQ(weight({""}, "application/json"), 0);
}

TEST(WeightOf, NothingIsKnownFromAMalformedField) {
  EXPECT_EQ(weight({"text"}, "text/plain"), std::nullopt);
  EXPECT_EQ(weight({"*/plain"}, "text/plain"), std::nullopt);
  EXPECT_EQ(weight({"text/plain;q=2"}, "text/plain"), std::nullopt);
}

}  // namespace
}  // namespace bobbin::http
