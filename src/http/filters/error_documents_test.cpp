#include "http/filters/error_documents.h"

#include <gtest/gtest.h>
#include <memory>

namespace bobbin::http::filters {
namespace {

const ErrorDocuments kDocuments({{4, "text/html", std::make_shared<const std::string>("any client error")},
                                 {404, "text/plain", std::make_shared<const std::string>("not there")}});

/// "media type: content"; "" where the response has no content.
std::string page(Response response, ErrorForm form = ErrorForm::page) {
  kDocuments.after({.error_form = form}, response);
  const auto* content = std::get_if<SharedBytes>(&response.content);
  EXPECT_EQ(response.fields.find("Vary: Accept\r\n") != std::string::npos, content != nullptr);
  return content == nullptr ? "" : response.media_type + ": " + **content;
}

TEST(ErrorDocuments, ThePageOfAStatusGoesBeforeThatOfItsClass) {
  EXPECT_EQ(page(Response::error(Status::not_found, "x")), "text/plain: not there");
  EXPECT_EQ(page(Response::error(Status::forbidden, "x")), "text/html: any client error");
  EXPECT_EQ(page(Response::error(Status::service_unavailable, "x")), "");
}

TEST(ErrorDocuments, LeaveProgramsAndWhatHasContentAlone) {
  EXPECT_EQ(page(Response::error(Status::not_found, "x"), ErrorForm::problem), "");
  EXPECT_EQ(page(Response::with_content(Status::ok, "", {})), "");
  EXPECT_EQ(page(Response::with_content(Status::not_found, "text/html", "mine")), "");
}

}  // namespace
}  // namespace bobbin::http::filters
