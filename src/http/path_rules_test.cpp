#include <gtest/gtest.h>
#include <string>
#include <utility>

#include "http/router.h"

namespace bobbin::http {
namespace {

/// Has `/a` and `/upload`, and nothing else.
class TwoPaths final : public Handler {
 public:
  Begin begin(const Request& request) const override {
    if (request.path != "/a" && request.path != "/upload")
      return Response::error(Status::not_found, "There is nothing.");
    return Response::with_content(Status::ok, "text/plain", std::string(request.path));
  }
};

class PathRulesTest : public testing::Test {
 protected:
  Response ask(PathRules rules, std::string_view target) const {
    const Router router(
        {{.hosts = HostPolicy({{"*", HostPolicy::Allowed::Port::any, 0}}, HostPolicy::Addresses::none),
          .path_rules = rules,
          .routes = {{Route::Match::exactly, "/upload", &handler_}, {Route::Match::beneath, "", &handler_}},
          .methods = "GET"}},
        {});
    RequestHead head;
    head.method = Method::get;
    head.method_text = "GET";
    head.target = target;
    head.authority = "a";
    Begin begin = router.begin(Request{.head = head, .local = local_});
    return std::move(std::get<Response>(begin));
  }

  TwoPaths handler_;
  Endpoint local_;
};

// CONTRACT §2.
TEST_F(PathRulesTest, StandardRulesFindWhatJoinedPathsMean) {
  for (const std::string_view target : {"/./a", "//a", "/.//a"})
    EXPECT_EQ(std::get<std::string>(ask(PathRules::standard, target).content), "/a") << target;
  EXPECT_EQ(std::get<std::string>(ask(PathRules::standard, "//upload").content), "/upload");
  EXPECT_EQ(ask(PathRules::standard, "/./b").status, Status::not_found);
  EXPECT_EQ(ask(PathRules::standard, "/x//b").status, Status::not_found);
}

TEST_F(PathRulesTest, TwoSlashesInFrontOfNothingAreAnAttempt) {
  const Response response = ask(PathRules::standard, "//etc/hosts");
  EXPECT_EQ(response.status, Status::forbidden);
  EXPECT_TRUE(response.close);
  EXPECT_EQ(response.log_fields.violation, "Path traversal attempt (//etc/hosts)");
}

TEST_F(PathRulesTest, StrictRulesRefuseBoth) {
  for (const std::string_view target : {"/./a", "//a", "/x//a", "//upload"})
    EXPECT_EQ(ask(PathRules::strict, target).status, Status::forbidden) << target;
}

}  // namespace
}  // namespace bobbin::http
