#include "http/filters/document_fields.h"

#include <gtest/gtest.h>

namespace bobbin::http::filters {
namespace {

std::string fields_of(Response response, ErrorForm form = ErrorForm::page) {
  DocumentFields().after({.error_form = form}, response);
  return response.fields;
}
Response of_type(std::string_view media_type) { return Response::with_content(Status::ok, media_type, "x"); }

constexpr std::string_view kBoth =
    "Content-Security-Policy: frame-ancestors 'self'\r\nReferrer-Policy: strict-origin-when-cross-origin\r\n";

TEST(DocumentFields, StandOnWhatABrowserShowsAsADocument) {
  for (const char* type :
       {"text/html; charset=utf-8", "TEXT/HTML", "image/svg+xml", "application/pdf", "application/xhtml+xml"})
    EXPECT_EQ(fields_of(of_type(type)), kBoth) << type;
  for (const char* type : {"text/css; charset=utf-8", "image/png", "application/json", "text/plain", ""})
    EXPECT_EQ(fields_of(of_type(type)), "") << type;
}

TEST(DocumentFields, StandOnErrorsThatAreShownAsAPage) {
  EXPECT_EQ(fields_of(Response::error(Status::not_found, "x")), kBoth);
  EXPECT_EQ(fields_of(Response::error(Status::not_found, "x"), ErrorForm::problem), "");
}

TEST(DocumentFields, LeaveWhatTheResponseSaysItself) {
  Response response = of_type("text/html");
  response.add_field("content-security-policy", "default-src 'none'");
  EXPECT_EQ(
      fields_of(std::move(response)),
      "content-security-policy: default-src 'none'\r\nReferrer-Policy: strict-origin-when-cross-origin\r\n");
}

}  // namespace
}  // namespace bobbin::http::filters
