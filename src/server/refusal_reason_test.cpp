#include "server/refusal_reason.h"

#include <gtest/gtest.h>

#include "server/site_names.h"

namespace bobbin::server {
namespace {

using http::Refused;
using http::Status;

TEST(RefusalReason, WhatTheStatusDoesNotTellIsSaidByWhoRefuses) {
  EXPECT_EQ(refusal_reason({.status = Status::forbidden, .refused = Refused::host}), "host");
  EXPECT_EQ(refusal_reason({.status = Status::forbidden, .refused = Refused::path}), "path");
  EXPECT_EQ(refusal_reason({.status = Status::unauthorized, .refused = Refused::signature}), "signature");
}

TEST(RefusalReason, OthersAreKnownByTheirStatus) {
  EXPECT_EQ(refusal_reason({.status = Status::forbidden}), "permission");
  EXPECT_EQ(refusal_reason({.status = Status::unauthorized}), "credentials");
  EXPECT_EQ(refusal_reason({.status = Status::bad_request}), "malformed");
  EXPECT_EQ(refusal_reason({.status = Status::too_many_requests}), "limit");
}

TEST(RefusalReason, WhatIsNotThereIsNotRefused) {
  for (const Status status : {Status::ok, Status::not_found, Status::gone, Status::precondition_failed,
                              Status::internal_server_error})
    EXPECT_EQ(refusal_reason({.status = status}), std::nullopt) << http::code(status);
}

TEST(SiteNames, ASiteKeepsItsNumber) {
  SiteNames names;
  EXPECT_EQ(names.number_of("a"), 1);
  EXPECT_EQ(names.number_of("b"), 2);
  EXPECT_EQ(names.number_of("a"), 1);
  EXPECT_EQ(names.name_of(2), "b");
  EXPECT_EQ(names.name_of(0), "-");
  EXPECT_EQ(names.name_of(3), "-");
}

TEST(SiteNames, MoreThanThereAreNumbersHaveNone) {
  SiteNames names;
  for (int i = 1; i <= 65535; ++i) ASSERT_EQ(names.number_of(std::to_string(i)), i);
  EXPECT_EQ(names.number_of("one more"), 0);
}

}  // namespace
}  // namespace bobbin::server
