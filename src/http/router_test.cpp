#include "http/router.h"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/filters/added_fields.h"

namespace bobbin::http {
namespace {

/// Says its name, so that a test sees which site has answered.
class NamedHandler final : public Handler {
 public:
  explicit NamedHandler(std::string name) : name_(std::move(name)) {}
  Begin begin(const Request&) const override {
    return Response::with_content(Status::ok, "text/plain", name_);
  }

 private:
  std::string name_;
};

class RouterTest : public testing::Test {
 protected:
  Site site(const NamedHandler& handler, const std::vector<std::string>& names) const {
    std::vector<HostPolicy::Allowed> allowed;
    for (const std::string& name : names) allowed.push_back(*HostPolicy::parse_allowed(name));
    return {.hosts = HostPolicy(std::move(allowed), HostPolicy::Addresses::none),
            .routes = {{Route::Match::beneath, "", &handler}},
            .methods = "GET"};
  }
  static RequestHead get(std::string_view authority, std::string_view target = "/") {
    RequestHead head;
    head.method = Method::get;
    head.method_text = "GET";
    head.target = target;
    head.authority = authority;
    return head;
  }
  Response ask(const Router& router, std::string_view authority, std::string_view target = "/") const {
    const RequestHead head = get(authority, target);
    Begin begin = router.begin(Request{.head = head, .local = local_});
    return std::move(std::get<Response>(begin));
  }
  std::string answering(const Router& router, std::string_view authority) const {
    const Response response = ask(router, authority);
    const auto* name = std::get_if<std::string>(&response.content);
    return response.status == Status::ok && name != nullptr ? *name : "";
  }

  const NamedHandler one_{"one"};
  const NamedHandler below_{"below"};
  const NamedHandler any_{"any"};
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

TEST_F(RouterTest, OfTwoThatAreEquallyPreciseTheFirstAnswers) {
  EXPECT_EQ(answering(Router({site(one_, {"a.example"}), site(any_, {"a.example"})}, {}), "a.example"),
            "one");
}

Endpoint loopback(std::uint16_t port) {
  Endpoint endpoint = *parse_address("127.0.0.1");
  endpoint.port = port;
  return endpoint;
}

// CONTRACT §4: the built-in names need the port at which the connection arrived.
TEST_F(RouterTest, ABuiltInNameNeedsThePortOfItsConnection) {
  Site ours = site(one_, {});
  ours.hosts = HostPolicy({}, HostPolicy::Addresses::ours);
  const Router router({ours}, {loopback(8080), loopback(9090)});
  local_ = loopback(9090);
  EXPECT_EQ(answering(router, "localhost:9090"), "one");
  EXPECT_EQ(ask(router, "localhost:8080").status, Status::forbidden);
}

TEST_F(RouterTest, AResponsePassesTheFiltersOfItsSite) {
  using filters::AddedFields;
  const auto with_fields = [this](const NamedHandler& handler, const std::string& name,
                                  const std::string& value) {
    Site result = site(handler, {name});
    result.filters.push_back(
        std::make_shared<const AddedFields>("X: " + value + "\r\n", AddedFields::To::all_responses));
    return result;
  };
  const Router router({with_fields(one_, "a.example", "one"), with_fields(any_, "b.example", "last")}, {});
  const auto fields = [&](const std::string& authority) {
    Response response;
    router.finish(router.summarize(get(authority), local_, kPlainListener), response);
    return response.fields;
  };
  EXPECT_EQ(fields("a.example"), "X: one\r\n");
  EXPECT_EQ(fields("b.example"), "X: last\r\n");
  EXPECT_EQ(fields("c.example"), "X: last\r\n") << "which no site has: the last site is the default one";
}

TEST_F(RouterTest, AnExchangeStandsInTheLogOfItsSite) {
  const auto with_log = [this](const NamedHandler& handler, const std::string& name, std::uint16_t number) {
    Site result = site(handler, {name});
    result.access_log = number;
    return result;
  };
  const Router router({with_log(one_, "a.example", 2), with_log(any_, "b.example", 7)}, {});
  const auto log_of = [&](const std::string& authority) {
    Response response = ask(router, authority);
    router.finish(router.summarize(get(authority), local_, kPlainListener), response);
    return response.log_fields.access_log;
  };
  EXPECT_EQ(log_of("a.example"), 2);
  EXPECT_EQ(log_of("b.example"), 7);
  EXPECT_EQ(log_of("c.example"), 0) << "which nobody answers for";
}

/// Has prepared what it answers.
class Prepared final : public Handler {
 public:
  Begin begin(const Request&) const override { return &prepared_; }

 private:
  const PreparedResponse prepared_{.status = Status::not_found};
};

// CONTRACT §0: a path that began with `//` and names nothing is 403.
TEST_F(RouterTest, APathThatBeganWithTwoSlashesIsRefusedAlsoWhenTheAnswerWasPrepared) {
  const Prepared nothing;
  Site site = this->site(one_, {"a.example"});
  site.path_rules = PathRules::standard;
  site.routes = {{Route::Match::beneath, "", &nothing}};
  const Response response = ask(Router({site}, {}), "a.example", "//etc/hosts");
  EXPECT_EQ(response.status, Status::forbidden);
  EXPECT_EQ(response.log_fields.violation, "Path traversal attempt (//etc/hosts)");
}

/// Shows every error to programs.
class ForPrograms final : public Handler {
 public:
  Begin begin(const Request&) const override { return Response::error(Status::not_found, ""); }
  ErrorForm error_form(const RequestHead&) const override { return ErrorForm::problem; }
};

// A trusted proxy may claim another scheme than that of the connection.
TEST_F(RouterTest, AnErrorIsShownByThePathWhateverTheSchemeOfTheTarget) {
  const ForPrograms handler;
  Site site = this->site(one_, {"a.example"});
  site.routes = {{Route::Match::exactly, "/upload", &handler}, {Route::Match::beneath, "", &one_}};
  const Router router({site}, {});
  const auto form = [&](std::string_view target) {
    return router.summarize(get("a.example", target), local_, kPlainListener).error_form;
  };
  EXPECT_EQ(form("/upload"), ErrorForm::problem);
  EXPECT_EQ(form("https://a.example/upload"), ErrorForm::problem);
  EXPECT_EQ(form("http://a.example/upload"), ErrorForm::problem);
  EXPECT_EQ(form("https://a.example/x"), ErrorForm::page);
}

}  // namespace
}  // namespace bobbin::http
