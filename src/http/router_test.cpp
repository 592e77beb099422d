#include "http/router.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bobbin::http {
namespace {

/// Says its name, so that a test sees which site has answered.
class Named final : public Handler {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}
  Begin begin(const Request&) const override {
    return Response::with_content(Status::ok, "text/plain", name_);
  }

 private:
  std::string name_;
};

class RouterTest : public testing::Test {
 protected:
  Site site(const Named& handler, const std::vector<std::string>& names) const {
    std::vector<HostPolicy::Allowed> allowed;
    for (const std::string& name : names) allowed.push_back(*HostPolicy::parse_allowed(name));
    return {.hosts = HostPolicy(std::move(allowed), HostPolicy::Addresses::none),
            .routes = {{Route::Match::beneath, "", &handler}},
            .methods = "GET"};
  }
  Response ask(const Router& router, std::string_view authority) const {
    RequestHead head;
    head.method = Method::get;
    head.method_text = "GET";
    head.target = "/";
    head.authority = authority;
    Begin begin = router.begin(Request{.head = head, .local = local_});
    return std::move(std::get<Response>(begin));
  }
  std::string answering(const Router& router, std::string_view authority) const {
    const Response response = ask(router, authority);
    const auto* name = std::get_if<std::string>(&response.content);
    return response.status == Status::ok && name != nullptr ? *name : "";
  }

  const Named one_{"one"};
  const Named below_{"below"};
  const Named any_{"any"};
  Endpoint local_;
};

TEST_F(RouterTest, TheMostPreciseSiteAnswers) {
  const Router router({site(any_, {"*"}), site(below_, {"*.a.example"}), site(one_, {"x.a.example"})}, {});
  EXPECT_EQ(answering(router, "x.a.example"), "one");
  EXPECT_EQ(answering(router, "y.a.example"), "below");
  EXPECT_EQ(answering(router, "b.example"), "any");
}

TEST_F(RouterTest, AHostThatNoSiteHasIsRefused) {
  const Response response = ask(Router({site(one_, {"a.example"})}, {}), "b.example");
  EXPECT_EQ(response.status, Status::forbidden);
  EXPECT_TRUE(response.close);
  EXPECT_EQ(response.log_fields.violation, "Host mismatch (b.example) (to allow it: --allow-host b.example)");
}

// RFC 9112 §3.2: HTTP/1.0 need not name a host. Then the site that answers for every host answers, or none.
TEST_F(RouterTest, NoHostIsTakenWhereEveryHostIsAllowed) {
  EXPECT_EQ(answering(Router({site(one_, {"a.example"}), site(any_, {"*"})}, {}), ""), "any");
}

TEST_F(RouterTest, NoHostIsMissedWhereHostsAreChecked) {
  const Response response = ask(Router({site(one_, {"a.example", "*.example"})}, {}), "");
  EXPECT_EQ(response.status, Status::bad_request);
  EXPECT_TRUE(response.close);
  EXPECT_EQ(response.log_fields.violation, "Missing Host header");
}

}  // namespace
}  // namespace bobbin::http
