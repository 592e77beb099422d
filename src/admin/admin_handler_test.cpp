#include "admin/admin_handler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/health_paths.h"
#include "admin/test_server_state.h"

namespace bobbin::admin {
namespace {

using http::Status;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class AdminHandlerTest : public ::testing::Test {
 protected:
  http::Response get(std::string_view target, std::string_view accept = {},
                     http::Method method = http::Method::get) {
    http::RequestHead head;
    head.method = method;
    head.target = target;
    if (!accept.empty()) {
      EXPECT_TRUE(head.fields.add({.name = http::FieldName::accept, .name_text = "Accept", .value = accept}));
    }
    return std::get<http::Response>(handler_.begin({.head = head, .local = local_}));
  }
  static std::string content(const http::Response& response) {
    return std::get<std::string>(response.content);
  }
  /// Of a site.
  std::optional<http::Begin> probe(std::string_view path, http::Method method = http::Method::get) {
    http::RequestHead head;
    head.method = method;
    return HealthPaths(health_, false).before({.head = head, .local = local_, .path = path});
  }

  TestServerState state_;
  Health health_{state_.registry};
  AdminHandler handler_{health_, state_};
  Endpoint local_;
};

TEST_F(AdminHandlerTest, LivesWhateverItIsAbout) {
  health_.begin_draining();
  EXPECT_EQ(get("/healthz").status, Status::ok);
  EXPECT_EQ(get("/readyz").status, Status::service_unavailable);
}

TEST_F(AdminHandlerTest, SaysWhyItIsNotReady) {
  EXPECT_EQ(content(get("/readyz")), "{\"status\":\"ready\",\"reasons\":[]}\n");
  health_.begin_draining();
  EXPECT_EQ(content(get("/readyz")), "{\"status\":\"not ready\",\"reasons\":[{\"reason\":\"draining\"}]}\n");
  EXPECT_THAT(get("/readyz").fields, HasSubstr("Cache-Control: no-store\r\n"));
}

TEST_F(AdminHandlerTest, ASiteTellsNoReasons) {
  EXPECT_FALSE(probe("/"));
  EXPECT_FALSE(probe("/healthz/"));
  EXPECT_EQ(content(std::get<http::Response>(*probe("/readyz"))), "ok\n");
  health_.begin_draining();
  const auto response = std::get<http::Response>(*probe("/readyz"));
  EXPECT_EQ(response.status, Status::service_unavailable);
  EXPECT_EQ(content(response), "not ready\n");
  EXPECT_FALSE(response.log_fields.is_logged);
  EXPECT_TRUE(response.never_stored) << "whatever the site says of it";
  EXPECT_EQ(std::get<http::Response>(*probe("/healthz")).status, Status::ok);
  EXPECT_EQ(std::get<http::Response>(*probe("/healthz", http::Method::post)).status,
            Status::method_not_allowed);
}

// RFC 9110 §12.5.1; the second value is what Prometheus 2.42 sends.
TEST_F(AdminHandlerTest, AcceptChoosesTheFormOfTheNumbers) {
  const std::string_view prometheus =
      "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
      "text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
  EXPECT_EQ(get("/metrics").media_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(get("/metrics", "*/*").media_type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(get("/metrics", "text/plain").media_type, "text/plain; version=0.0.4; charset=utf-8");
  const http::Response response = get("/metrics", prometheus);
  EXPECT_EQ(response.media_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_THAT(content(response), EndsWith("# EOF\n"));
}

TEST_F(AdminHandlerTest, OnlyGetAndHeadArePossible) {
  for (const auto method : {http::Method::post, http::Method::put, http::Method::delete_})
    EXPECT_EQ(get("/metrics", {}, method).status, Status::method_not_allowed);
  EXPECT_THAT(get("/metrics", {}, http::Method::post).fields, HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
  EXPECT_EQ(get("/metrics", {}, http::Method::options).status, Status::no_content);
  EXPECT_EQ(get("/metrics", {}, http::Method::head).status, Status::ok);
}

TEST_F(AdminHandlerTest, TargetsMayHaveAQueryOrAnAuthority) {
  EXPECT_EQ(get("/healthz?verbose=1").status, Status::ok);
  EXPECT_EQ(get("http://admin/healthz").status, Status::ok);
  EXPECT_EQ(get("http://admin").status, Status::found);
  EXPECT_EQ(get("/").status, Status::found);
  EXPECT_EQ(get("/nothing").status, Status::not_found);
}

TEST_F(AdminHandlerTest, ThePageIsForPeopleAndTheJsonForPrograms) {
  EXPECT_THAT(content(get("/status")), StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(content(get("/status.json")), StartsWith("{\"status\":\"ready\""));
  EXPECT_EQ(get("/status.json").media_type, "application/json");
}

}  // namespace
}  // namespace bobbin::admin
