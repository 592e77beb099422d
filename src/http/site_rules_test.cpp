#include "http/site_rules.h"

#include <gtest/gtest.h>

#include "http/test_filter.h"

namespace bobbin::http {
namespace {

std::vector<PathPattern> paths(std::initializer_list<std::string_view> texts) {
  std::vector<PathPattern> result;
  for (const std::string_view text : texts) result.push_back(PathPattern::parse(text).value());
  return result;
}

RequestHead head_of(Method method, std::initializer_list<Field> fields = {}) {
  RequestHead head;
  head.method = method;
  for (const Field& field : fields) EXPECT_TRUE(head.fields.add(field));
  return head;
}

/// The fields that a response with these has in the end.
std::string fields_after(const SiteRules& rules, std::string_view path, Status status = Status::ok,
                         std::string fields = "", const RequestHead& head = head_of(Method::get)) {
  Response response{.status = status, .fields = std::move(fields)};
  rules.after({.variant = rules.variant(path, head)}, response);
  return response.fields;
}

class Refusing final : public Filter {
 public:
  explicit Refusing(std::string detail) : detail_(std::move(detail)) {}
  std::optional<Begin> before(const Request&) const override {
    return Response::error(Status::forbidden, detail_);
  }

 private:
  std::string detail_;
};

TEST(SiteRules, AreMergedInTheirOrder) {
  const SiteRules rules({{.set = {{"A", "1"}}, .add = {{"B", "1"}}},
                         {.paths = paths({"/x/**"}), .set = {{"a", "2"}}, .add = {{"B", "2"}}},
                         {.paths = paths({"*.js", "*.css"}), .remove = {"b"}, .set = {{"C", "3"}}}});
  EXPECT_EQ(fields_after(rules, "/"), "A: 1\r\nB: 1\r\n");
  EXPECT_EQ(fields_after(rules, "/x/y"), "B: 1\r\na: 2\r\nB: 2\r\n");
  EXPECT_EQ(fields_after(rules, "/x/y.js"), "a: 2\r\nC: 3\r\n");
  EXPECT_EQ(fields_after(rules, "/z.css", Status::ok, "Bb: 0\r\nA: 0\r\n"), "Bb: 0\r\nA: 1\r\nC: 3\r\n");
}

TEST(SiteRules, HoldForMethodsAndStatuses) {
  const SiteRules rules({{.methods = {Method::get}, .set = {{"Get", "1"}}},
                         {.methods = {Method::post}, .set = {{"Post", "1"}}},
                         {.on_errors = true, .set = {{"Always", "1"}}},
                         {.statuses = {404, 5}, .set = {{"Some", "1"}}}});
  EXPECT_EQ(fields_after(rules, "/"), "Get: 1\r\nAlways: 1\r\n");
  EXPECT_EQ(fields_after(rules, "/", Status::ok, "", head_of(Method::head)), "Get: 1\r\nAlways: 1\r\n");
  EXPECT_EQ(fields_after(rules, "/", Status::created, "", head_of(Method::post)), "Post: 1\r\nAlways: 1\r\n");
  EXPECT_EQ(fields_after(rules, "/", Status::not_found), "Always: 1\r\nSome: 1\r\n");
  EXPECT_EQ(fields_after(rules, "/", Status::service_unavailable), "Always: 1\r\nSome: 1\r\n");
  EXPECT_EQ(fields_after(rules, "/", Status::forbidden), "Always: 1\r\n");
  EXPECT_EQ(fields_after(rules, "/", Status::not_modified), "Get: 1\r\nAlways: 1\r\n");
}

TEST(SiteRules, GiveEachSetOfRulesAVariantOfItsOwn) {
  const SiteRules rules({{.paths = paths({"/a/**"})}, {.paths = paths({"*.js"})}});
  const RequestHead head = head_of(Method::get);
  EXPECT_EQ(rules.variant("/x", head), 0U);
  EXPECT_NE(rules.variant("/a/x", head), rules.variant("/x.js", head));
  EXPECT_NE(rules.variant("/a/x", head), rules.variant("/a/x.js", head));
  EXPECT_EQ(rules.variant("/a/x", head), rules.variant("/a/y", head));
  EXPECT_EQ(rules.variant("/a/x", head), rules.variant("/a/x", head_of(Method::head)));
}

TEST(SiteRules, SayHowFilesAreGiven) {
  const SiteRules rules(
      {{.authentication = std::make_shared<Refusing>("Sign in.")},
       {.paths = paths({"/d/**"}), .files = {.attachment = true, .compression = Compression::off}},
       {.paths = paths({"*.txt"}), .files = {.attachment = false}},
       {.paths = paths({"*.br"}), .files = {.stored_coding = ContentCoding::br}},
       {.paths = paths({"/d/plain/**"}), .files = {.compression = Compression::on}}});
  const auto files = [&](std::string_view path) {
    return rules.file_rules(rules.variant(path, head_of(Method::get)));
  };
  EXPECT_EQ(files("/x"), FileRules());
  EXPECT_EQ(files("/d/x"), (FileRules{.attachment = true, .compression = Compression::off}));
  EXPECT_EQ(files("/d/x.txt"), (FileRules{.attachment = false, .compression = Compression::off}));
  EXPECT_EQ(files("/x.br"), FileRules{.stored_coding = ContentCoding::br});
  EXPECT_EQ(
      files("/d/plain/x.br"),
      (FileRules{.attachment = true, .compression = Compression::on, .stored_coding = ContentCoding::br}));
}

TEST(SiteRules, LetOtherSitesRead) {
  const SiteRules rules(
      {{.paths = paths({"/open/**"}), .origins = {"*"}},
       {.paths = paths({"/some/**"}), .origins = {"https://a.example", "https://b.example"}}});
  const auto from = [](std::string_view origin) {
    return head_of(Method::get, {{.name = FieldName::other, .name_text = "origin", .value = origin}});
  };
  const std::string open = "Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: *\r\n";
  EXPECT_EQ(fields_after(rules, "/open/x"), open);
  EXPECT_EQ(fields_after(rules, "/open/x", Status::not_found), open);
  EXPECT_EQ(fields_after(rules, "/x", Status::ok, "", from("https://a.example")), "");
  EXPECT_EQ(fields_after(rules, "/some/x"), "Vary: Origin\r\n");
  EXPECT_EQ(fields_after(rules, "/some/x", Status::ok, "", from("https://c.example")), "Vary: Origin\r\n");
  EXPECT_EQ(fields_after(rules, "/some/x", Status::ok, "", from("https://b.example")),
            "Access-Control-Allow-Origin: https://b.example\r\nAccess-Control-Expose-Headers: *\r\nVary: "
            "Origin\r\n");
  EXPECT_NE(rules.variant("/some/x", from("https://a.example")),
            rules.variant("/some/x", from("https://b.example")))
      << "no prepared response of one origin may be given to another";
}

// The Fetch standard, CORS-preflight fetch.
TEST(SiteRules, AnswerPreflights) {
  const SiteRules rules(
      {{.authentication = std::make_shared<Refusing>("Sign in.")},
       {.paths = paths({"/api/**"}), .methods = {Method::post}, .origins = {"https://a.example"}}});
  const auto ask = [&](std::string_view path, std::string_view origin) {
    const RequestHead head = head_of(
        Method::options,
        {{.name = FieldName::other, .name_text = "Origin", .value = origin},
         {.name = FieldName::other, .name_text = "Access-Control-Request-Method", .value = "POST"},
         {.name = FieldName::other, .name_text = "Access-Control-Request-Headers", .value = "content-type"}});
    const Endpoint local;
    const Request request{.head = head, .local = local, .path = path, .variant = rules.variant(path, head)};
    Response response = answer_of(rules, request).value();
    rules.after({.method = Method::options, .variant = request.variant}, response);
    return response;
  };
  const Response allowed = ask("/api/x", "https://a.example");
  EXPECT_EQ(allowed.status, Status::no_content) << "a browser asks without a password";
  EXPECT_NE(allowed.fields.find("Access-Control-Allow-Origin: https://a.example\r\n"), std::string::npos);
  EXPECT_NE(allowed.fields.find("Access-Control-Allow-Headers: content-type\r\n"), std::string::npos);
  EXPECT_NE(allowed.fields.find("Access-Control-Allow-Methods: GET, HEAD, POST\r\n"), std::string::npos);
  const Response other = ask("/api/x", "https://c.example");
  EXPECT_EQ(other.status, Status::no_content);
  EXPECT_EQ(other.fields.find("Access-Control-Allow"), std::string::npos);
  EXPECT_EQ(ask("/x", "https://a.example").status, Status::forbidden);
}

/// Knows who asks.
class Knowing final : public Filter {
 public:
  std::optional<Begin> before(const Request& request) const override {
    *request.user = "ada";
    return std::nullopt;
  }
};

/// Counts who was known when it was asked.
class Counting final : public Filter {
 public:
  mutable std::vector<std::string> asked;
  std::optional<Begin> before(const Request& request) const override {
    asked.push_back(*request.user);
    return std::nullopt;
  }
};

TEST(SiteRules, CountsWhoeverHasProvedToAskOnce) {
  const auto counting = std::make_shared<Counting>();
  const SiteRules rules({{.authentication = std::make_shared<Knowing>(), .user_requests = counting}});
  std::string user;
  const RequestHead head;
  const Endpoint local;
  const std::uint64_t variant = rules.variant("/", head);
  const auto ask = [&](bool is_asked_again) {
    EXPECT_FALSE(answer_of(rules, {.head = head,
                                   .local = local,
                                   .path = "/",
                                   .is_asked_again = is_asked_again,
                                   .variant = variant,
                                   .user = &user}));
  };
  ask(true);  // nobody was known before, since the password had to be verified
  EXPECT_EQ(counting->asked, std::vector<std::string>({"ada"}));
  ask(true);  // now a handler was undecided
  EXPECT_EQ(counting->asked.size(), 1U);
  user.clear();
  ask(false);
  EXPECT_EQ(counting->asked.size(), 2U);
}

TEST(SiteRules, GuardByPathAndALaterGuardGoesFirst) {
  const SiteRules rules(
      {{.authentication = std::make_shared<Refusing>("site")},
       {.paths = paths({"/open/**"}), .authentication = std::shared_ptr<const Filter>()},
       {.paths = paths({"/open/not/**"}), .authentication = std::make_shared<Refusing>("rule")},
       {.paths = paths({"/login/**"}), .requests = std::make_shared<Refusing>("limit")},
       {.paths = paths({"/login/more/**"}), .requests = std::make_shared<Refusing>("tighter limit")},
       {.paths = paths({"/address/**"}), .clients = std::make_shared<Refusing>("address")}});
  const auto refusal = [&](std::string_view path) -> std::string {
    const RequestHead head = head_of(Method::get);
    const Endpoint local;
    const auto refused =
        answer_of(rules, {.head = head, .local = local, .path = path, .variant = rules.variant(path, head)});
    return refused ? refused->detail : "let in";
  };
  EXPECT_EQ(refusal("/"), "site");
  EXPECT_EQ(refusal("/open/x"), "let in");
  EXPECT_EQ(refusal("/open/not/x"), "rule");
  EXPECT_EQ(refusal("/login/x"), "limit") << "who guesses passwords is counted";
  EXPECT_EQ(refusal("/login/more/x"), "tighter limit");
  EXPECT_EQ(refusal("/address/x"), "address");
}

}  // namespace
}  // namespace bobbin::http
