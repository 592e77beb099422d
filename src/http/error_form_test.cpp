#include "http/error_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "http/accept.h"

namespace bobbin::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

ErrorForm form_for(const std::vector<std::string_view>& accept_lines) {
  RequestHead head;
  for (const std::string_view line : accept_lines)
    EXPECT_TRUE(head.fields.add({FieldName::accept, "Accept", line}));
  return preferred_error_form(head);
}

TEST(PreferredErrorForm, IsProblemDetailsForWhoPrefersJson) {  // RFC 9110 §12.5.1
  const std::vector<std::string_view> cases[] = {
      {"application/json"},
      {"application/problem+json"},
      {"Application/JSON"},
      {"application/json, */*;q=0.8"},
      {"application/json, text/html;q=0.9"},
      {"text/html;q=0.9, application/json"},
      {"text/html;q=0.4, application/problem+json;q=0.5"},
      {"text/html;q=0, */*"},
      {"text/html;q=0.001, application/json;q=0.002"},
      {"application/json;q=0.1"},  // HTML is not acceptable at all
      {"application/*"},
      {"application/*, text/*;q=0.5"},
      {"text/*;q=0.3, application/*;q=0.4"},
      {"*/*;q=0.1, application/json;q=0.2"},
      {"text/html;q=0.2, */*;q=0.5"},                      // JSON by */*
      {"application/json;q=0, application/problem+json"},  // one of the two is enough
      {"application/json;charset=utf-8"},
      {"application/json ; charset=\"a,b;c\" ; q=0.9 , text/html;q=0.8"},
      {"application/json;q=1.000,text/html;q=0.999"},
      {"application/json;Q=1, text/html;Q=0.5"},
      {"text/html;q=0.5", "application/json"},  // several lines are one list (§5.3)
      {", application/json,,"},                 // §5.6.1.2
      {"text/plain, application/json"},
      {"application/json;q=0.0, application/json;q=0.9"},
  };
  for (const auto& lines : cases) EXPECT_EQ(form_for(lines), ErrorForm::problem) << lines.front();
}

TEST(PrefersJson, TakesJsonAndNotProblemDetails) {
  const auto prefers = [](std::string_view accept) {
    RequestHead head;
    EXPECT_TRUE(head.fields.add({FieldName::accept, "Accept", accept}));
    return prefers_json(head);
  };
  EXPECT_TRUE(prefers("application/json"));
  EXPECT_TRUE(prefers("text/html;q=0.5, application/json"));
  for (const char* accept : {"application/problem+json", "text/html, application/json", "*/*", "",
                             "application/json;q=2", "text/html"})
    EXPECT_FALSE(prefers(accept)) << accept;
}

TEST(PreferredErrorForm, IsAPageOtherwise) {
  const std::vector<std::string_view> cases[] = {
      {},
      {""},
      {"*/*"},
      {"*/*;q=0.1"},
      {"text/html"},
      {"text/html, application/json"},  // no preference
      {"text/html;q=0.5, application/json;q=0.5"},
      {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"},  // a browser
      {"application/json, */*"},
      {"text/*, application/json"},
      {"application/json;q=0.5, */*;q=0.8"},
      {"application/json;q=0"},
      {"application/json;q=0, */*"},  // the specific range decides; problem+json by */* equals HTML
      {"*/*, application/*;q=0.5"},
      {"text/plain"},
      {"application/jsonp"},
      {"image/*"},
      {"application/json;q=0.5", "text/html"},
      // malformed: no preference can be told
      {"application/json;q=1.1"},
      {"application/json;q=2"},
      {"application/json;q=0.1234"},
      {"application/json;q="},
      {"application/json;q"},
      {"application/json;q=.5"},
      {"application/json;q=1.001"},
      {"application/json;q=-1"},
      {"application/json;q=\"1\""},
      {"application/json;q=0,5"},
      {"application/json;q =1"},
      {"application/json, nonsense"},
      {"application/json, */html"},
      {"application/json, text/"},
      {"application/json text/html"},
      {"application/json; a=\"b"},
      {"application/json", "\x01"},
  };
  for (const auto& lines : cases)
    EXPECT_EQ(form_for(lines), ErrorForm::page) << testing::PrintToString(lines);
}

TEST(PreferredErrorForm, LooksAtAcceptOnly) {
  RequestHead head;
  ASSERT_TRUE(head.fields.add({FieldName::content_type, "Content-Type", "application/json"}));
  EXPECT_EQ(preferred_error_form(head), ErrorForm::page);
}

std::string rendered(Status status, std::string detail, ErrorForm form, std::string_view server_name,
                     std::string_view media_type) {
  Response response = Response::error(status, std::move(detail));
  render_error(response, form, server_name);
  EXPECT_EQ(response.media_type, media_type);
  return std::get<std::string>(response.content);
}

std::string page(Status status, std::string detail, std::string_view server_name = "Test Server") {
  return rendered(status, std::move(detail), ErrorForm::page, server_name, "text/html; charset=utf-8");
}

std::string problem(Status status, std::string detail) {
  return rendered(status, std::move(detail), ErrorForm::problem, "Test Server", "application/problem+json");
}

TEST(ErrorPage, IsASmallDocument) {
  const std::string html = page(Status::not_found, "There is no such file.");
  EXPECT_THAT(html, StartsWith("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"));
  EXPECT_THAT(html, HasSubstr("<title>404 Not Found</title>"));
  EXPECT_THAT(html, HasSubstr("<h1>404 Not Found</h1>"));
  EXPECT_THAT(html, HasSubstr("<p>There is no such file.</p>"));
  EXPECT_THAT(html, HasSubstr("<em>Test Server</em>"));
  EXPECT_THAT(html, EndsWith("</body>\n</html>\n"));
}

TEST(ErrorPage, HasAWayHome) {
  for (const char* detail : {"There is no such file.", ""})
    EXPECT_THAT(page(Status::not_found, detail), HasSubstr("<a href=\"/\">Go to the start page</a>"));
}

// Without an icon in the page, browsers ask for /favicon.ico, and the log shows a request nobody made.
TEST(ErrorPage, MakesBrowsersAskForNothing) {
  EXPECT_THAT(page(Status::not_found, ""), HasSubstr("<link rel=\"icon\" href=\"data:,\">"));
}

TEST(ErrorPage, EscapesEveryText) {
  const std::string html = page(Status::forbidden, "<script>'a' & \"b\"</script>", "<b>&");
  EXPECT_THAT(html, HasSubstr("<p>&lt;script&gt;&#39;a&#39; &amp; &quot;b&quot;&lt;/script&gt;</p>"));
  EXPECT_THAT(html, HasSubstr("<em>&lt;b&gt;&amp;</em>"));
  EXPECT_THAT(html, Not(HasSubstr("<script>")));
  EXPECT_THAT(page(Status::forbidden, "na\xEFve"), HasSubstr("<p>na\xEF\xBF\xBDve</p>"));
}

TEST(ErrorPage, LeavesOutWhatThereIsNot) {
  const std::string html = page(Status::internal_server_error, "", "");
  EXPECT_THAT(html, HasSubstr("<h1>500 Internal Server Error</h1>"));
  EXPECT_THAT(html, Not(HasSubstr("<em>")));
  EXPECT_THAT(html, Not(HasSubstr("<p>")));
}

TEST(ProblemDetails, HaveTheMembersInOrder) {  // RFC 9457 §3.1, §4.2.1
  EXPECT_EQ(problem(Status::bad_request, "The content is not JSON."),
            "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,"
            "\"detail\":\"The content is not JSON.\"}\n");
  EXPECT_EQ(problem(Status::not_found, ""),
            "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404}\n");
}

TEST(ProblemDetails, AreJsonWhateverTheDetailHolds) {  // RFC 8259 §7, §8.1
  struct Case {
    std::string detail;
    const char* written;
  };
  const Case cases[] = {
      {"a \"quote\"", R"("detail":"a \"quote\"")"},
      {"back\\slash", R"("detail":"back\\slash")"},
      {"line\r\nend\t", R"("detail":"line\u000d\u000aend\u0009")"},
      {std::string("nul\0x", 5), R"("detail":"nul\u0000x")"},
      {"\x1F\x7F", "\"detail\":\"\\u001f\x7F\""},
      {"na\xC3\xAFve", "\"detail\":\"na\xC3\xAFve\""},
      {"na\xEFve", "\"detail\":\"na\xEF\xBF\xBDve\""},
      {"</script>", R"("detail":"</script>")"},
  };
  for (const auto& [detail, written] : cases)
    EXPECT_THAT(problem(Status::bad_request, detail), HasSubstr(written));
}

}  // namespace
}  // namespace bobbin::http
