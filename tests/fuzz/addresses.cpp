#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "files/file_handler.h"
#include "given.h"
#include "http/target.h"
#include "os/test_directory.h"

// A request target, asked of a small folder under every combination of AddressRules. A redirect leads to a
// path of the same site, with the query of the request, that shows a page and redirects no further; and what
// is shown is never a hidden file or one outside.
namespace bobbin::fuzz {
namespace {

using files::CleanUrls;
using files::TrailingSlash;
using http::Response;

/// Nobody waits: nothing here is answered later.
class Nobody final : public http::ReplySink {
  void deliver(ConnectionId, ExchangeId, Response) override {}
  void resume(ConnectionId, ExchangeId) override {}
};

class Site {
 public:
  static constexpr std::size_t kCleanUrls = 3, kTrailingSlashes = 3, kIndexLists = 2;

  Site() {
    for (const char* folder :
         {"site/docs", "site/bare", "site/both", "site/.git", "site/a.html", "site/\\host"})
      place_.make_folder(folder);
    place_.write("secret.html", "secret");
    for (const char* name :
         {"index.html", "about.html", "start.htm", "style.css", "docs.html", "docs/index.html",
          "docs/page.html", "docs/index.html.html", "bare.html", "bare/start.htm", "both/index.html",
          "both/start.htm", ".html", ".git/index.html", "a.html/index.html", "\\host/index.html",
          "two words.html", "none.html.html"})
      place_.write(std::string("site/") + name, name);
    place_.make_link("site/outside.html", "../secret.html");
    for (std::size_t rules = 0; rules < handlers_.size(); ++rules) handlers_[rules] = make(rules);
  }

  /// With these rules, of which there are so many.
  static constexpr std::size_t kRules = kCleanUrls * kTrailingSlashes * kIndexLists;
  [[nodiscard]] Response ask(std::size_t rules, std::string_view target, std::string_view path) {
    http::RequestHead head;
    head.method = http::Method::get;
    head.target = target;
    const Endpoint local;
    auto begun = handlers_[rules]->begin({.head = head,
                                          .local = local,
                                          .path = path,
                                          .exchange = {.sink = &nobody_, .connection = {}, .exchange = {}},
                                          .round = ++round_});
    ASSERT(std::holds_alternative<Response>(begun));
    return std::get<Response>(std::move(begun));
  }

 private:
  [[nodiscard]] std::unique_ptr<files::FileHandler> make(std::size_t rules) {
    constexpr std::array kClean{CleanUrls::off, CleanUrls::on, CleanUrls::redirect};
    constexpr std::array kSlash{TrailingSlash::automatic, TrailingSlash::always, TrailingSlash::never};
    files::AddressRules addresses{.clean_urls = kClean[rules % kCleanUrls],
                                  .trailing_slash = kSlash[rules / kCleanUrls % kTrailingSlashes]};
    if (rules >= kCleanUrls * kTrailingSlashes) addresses.index_names = {"start.htm", "index.html"};
    auto made = files::FileHandler::create(place_.path("site"), "", types_, executor_,
                                           {.downloads = {}, .allowed_types = {}, .addresses = addresses});
    ASSERT(made);
    return *std::move(made);
  }

  os::TestDirectory place_;
  http::MediaTypes types_;
  Nobody nobody_;
  executor::Executor executor_;
  std::array<std::unique_ptr<files::FileHandler>, kRules> handlers_;
  std::uint64_t round_ = 0;
};

std::variant<http::Target, http::Refusal, http::PathViolation> parsed(std::string_view target) {
  http::RequestHead head;
  head.method = http::Method::get;
  head.target = target;
  return http::parse_target(head, http::PathRules::standard);
}

void check_shown(const Response& response, std::string_view path) {
  ASSERT(path.find("/.") == std::string_view::npos);
  const auto* content = std::get_if<std::string>(&response.content);
  // What is not in the page cache comes from a source, and is not looked at.
  if (content != nullptr) ASSERT(*content != "secret" && !content->starts_with(".") && !content->empty());
}

void check_redirect(Site& site, std::size_t rules, const Response& response, std::string_view target) {
  constexpr std::string_view kStart = "Location: ";
  std::string_view location = response.fields;
  ASSERT(location.starts_with(kStart) && location.ends_with("\r\n"));
  location = location.substr(kStart.size(), location.size() - kStart.size() - 2);
  ASSERT(location.starts_with('/') && !location.starts_with("//"));
  ASSERT(location.substr(0, location.find('?')).find_first_of("\\\r\n ") == std::string_view::npos);
  ASSERT(http::query_part(location) == http::query_part(target));
  const auto there = parsed(location);
  const auto* accepted = std::get_if<http::Target>(&there);
  ASSERT(accepted != nullptr);
  ASSERT(site.ask(rules, location, accepted->path()).status == http::Status::ok);
}

void run(std::string_view input, Choices choices) {
  static Site site;
  const ExactCopy copy(input);
  if (input.empty()) return;
  const auto target = parsed(copy.text());
  const auto* accepted = std::get_if<http::Target>(&target);
  if (accepted == nullptr) return;

  const std::size_t rules = choices.below(Site::kRules);
  const Response response = site.ask(rules, copy.text(), accepted->path());
  if (response.status == http::Status::ok)
    check_shown(response, accepted->path());
  else if (response.status == http::Status::permanent_redirect)
    check_redirect(site, rules, response, copy.text());
  else
    ASSERT(response.status == http::Status::not_found || response.status == http::Status::forbidden);
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
