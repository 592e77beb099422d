#include "files/earlier_releases.h"

#include <gtest/gtest.h>
#include <map>
#include <string>

#include "files/navigation_fallback.h"

namespace bobbin::files {
namespace {

using http::Method;
using http::Request;
using http::RequestHead;
using http::Response;
using http::Status;

/// Answers with the text that stands for a path, and 404 where there is none.
class Texts final : public http::Handler {
 public:
  explicit Texts(std::map<std::string, std::string> texts) : texts_(std::move(texts)) {}
  [[nodiscard]] http::Begin begin(const Request& request) const override {
    const auto found = texts_.find(std::string(request.path));
    if (found == texts_.end()) return Response::error(Status::not_found, "nothing");
    return Response::with_content(Status::ok, "text/plain", found->second);
  }

 private:
  std::map<std::string, std::string> texts_;
};
std::shared_ptr<const http::Handler> texts(std::map<std::string, std::string> texts) {
  return std::make_shared<const Texts>(std::move(texts));
}

/// The text, or "404".
std::string answer(const http::Handler& handler, std::string_view path, std::string_view accept = "",
                   Method method = Method::get) {
  RequestHead head;
  head.method = method;
  head.target = path;
  EXPECT_TRUE(head.fields.add({.name = http::FieldName::accept, .name_text = "Accept", .value = accept}));
  const Endpoint local;
  auto begun = handler.begin({.head = head, .local = local, .path = path});
  auto& response = std::get<Response>(begun);
  if (response.status != Status::ok) return std::to_string(http::code(response.status));
  return std::get<std::string>(response.content);
}

TEST(EarlierReleases, AreAskedForWhatIsImmutableAndGoneFromTheNewest) {
  const EarlierReleases releases(
      texts({{"/assets/b.js", "newest"}, {"/page.html", "newest"}}),
      {{texts({{"/assets/a.js", "second"}, {"/assets/b.js", "second"}}), Instant::max()},
       {texts({{"/assets/a.js", "third"}, {"/assets/old.js", "third"}, {"/gone.html", "third"}}),
        Instant::max()}},
      {http::PathPattern::parse("/assets/**").value()});
  EXPECT_EQ(answer(releases, "/page.html"), "newest");
  EXPECT_EQ(answer(releases, "/assets/b.js"), "newest");
  EXPECT_EQ(answer(releases, "/assets/a.js"), "second");
  EXPECT_EQ(answer(releases, "/assets/old.js"), "third");
  EXPECT_EQ(answer(releases, "/assets/none.js"), "404");
  EXPECT_EQ(answer(releases, "/gone.html"), "404") << "a page that is gone is gone";
}

TEST(EarlierReleases, AreAskedUntilTheirTimeIsOver) {
  const Instant now = monotonic_now();
  const EarlierReleases releases(texts({}),
                                 {{texts({{"/a.js", "kept"}}), now + std::chrono::hours(1)},
                                  {texts({{"/b.js", "old"}}), now - seconds(1)}},
                                 {http::PathPattern::parse("*.js").value()});
  EXPECT_EQ(answer(releases, "/a.js"), "kept");
  EXPECT_EQ(answer(releases, "/b.js"), "404");
}

constexpr std::string_view kBrowser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

TEST(NavigationFallback, ShowsThePageToNavigationsOnly) {
  const NavigationFallback app(texts({{"/index.html", "site's page"}, {"/app.js", "script"}}),
                               texts({{"/index.html", "the page"}}), "/index.html");
  EXPECT_EQ(answer(app, "/app.js", kBrowser), "script");
  EXPECT_EQ(answer(app, "/index.html", kBrowser), "site's page");
  EXPECT_EQ(answer(app, "/users/7", kBrowser), "the page");
  EXPECT_EQ(answer(app, "/users/7", kBrowser, Method::head), "the page");
  EXPECT_EQ(answer(app, "/users/", kBrowser), "the page");
  EXPECT_EQ(answer(app, "/v1.2/users", kBrowser), "the page") << "only the last segment counts";

  EXPECT_EQ(answer(app, "/users/7", kBrowser, Method::post), "404");
  EXPECT_EQ(answer(app, "/users/7", "*/*"), "404") << "a script that fetches";
  EXPECT_EQ(answer(app, "/users/7", "text/*"), "404");
  EXPECT_EQ(answer(app, "/users/7", "text/html;q=0"), "404");
  EXPECT_EQ(answer(app, "/users/7"), "404");
  EXPECT_EQ(answer(app, "/old.js", kBrowser), "404") << "never a page in the place of a script";
  EXPECT_EQ(answer(app, "/users/j.doe", kBrowser), "404");
}

}  // namespace
}  // namespace bobbin::files
