#include "http/filter.h"

#include <gtest/gtest.h>

#include "http/filters/added_fields.h"
#include "http/filters/error_page.h"
#include "http/filters/no_sniffing.h"

namespace bobbin::http {
namespace {

class Fixed final : public Handler {
 public:
  Begin begin(const Request&) const override { return Response::with_content(Status::ok, "text/plain", "x"); }
  void finish(const RequestSummary&, Response& response) const override { response.add_field("H", "1"); }
};

class NamedFilter final : public Filter {
 public:
  explicit NamedFilter(std::string name, bool answers = false) : name_(std::move(name)), answers_(answers) {}
  std::optional<Begin> before(const Request&) const override {
    if (!answers_) return std::nullopt;
    return Response::error(Status::forbidden, name_);
  }
  void after(const RequestSummary&, Response& response) const override { response.add_field("F", name_); }

 private:
  std::string name_;
  bool answers_;
};

template <typename... Each>
FilteredHandler filtered(Each... filters) {
  FilteredHandler::Filters list;
  (list.push_back(std::make_unique<const Each>(std::move(filters))), ...);
  return {std::move(list), std::make_shared<Fixed>()};
}

TEST(FilteredHandler, TheFirstFilterSeesARequestFirstAndAResponseLast) {
  const RequestHead head;
  const Endpoint local;
  const FilteredHandler handler = filtered(NamedFilter("outer"), NamedFilter("inner"));
  Begin begun = handler.begin({.head = head, .local = local});
  auto& response = std::get<Response>(begun);
  EXPECT_EQ(response.status, Status::ok);
  handler.finish({}, response);
  EXPECT_EQ(response.fields, "H: 1\r\nF: inner\r\nF: outer\r\n");

  const FilteredHandler refusing = filtered(NamedFilter("outer", true), NamedFilter("inner", true));
  EXPECT_EQ(std::get<Response>(refusing.begin({.head = head, .local = local})).detail, "outer");
}

TEST(Filters, ErrorsWithoutContentGetAPageOrProblemDetails) {
  const filters::ErrorPage filter("the server");
  Response page = Response::error(Status::not_found, "Not here.");
  filter.after({.error_form = ErrorForm::page}, page);
  EXPECT_EQ(page.media_type, "text/html; charset=utf-8");
  EXPECT_NE(std::get<std::string>(page.content).find("the server"), std::string::npos);
  EXPECT_EQ(page.fields, "Vary: Accept\r\n");

  Response problem = Response::error(Status::not_found, "Not here.");
  filter.after({.error_form = ErrorForm::problem}, problem);
  EXPECT_EQ(problem.media_type, "application/problem+json");

  Response own = Response::with_content(Status::not_found, "text/plain", "own words");
  filter.after({}, own);
  EXPECT_EQ(std::get<std::string>(own.content), "own words");
  EXPECT_EQ(own.fields, "");
}

TEST(Filters, TheOperatorsFieldsGoWhereTheyAreMeantToGo) {
  using filters::AddedFields;
  struct Case {
    AddedFields::To to;
    bool on_success;
    bool on_error;
  };
  for (const Case& each :
       {Case{AddedFields::To::successes, true, false}, Case{AddedFields::To::all_responses, true, true},
        Case{AddedFields::To::errors, false, true}}) {
    const AddedFields filter("A: b\r\n", each.to);
    Response success;
    Response error = Response::error(Status::not_found, "");
    filter.after({}, success);
    filter.after({}, error);
    EXPECT_EQ(success.fields, each.on_success ? "A: b\r\n" : "");
    EXPECT_EQ(error.fields, each.on_error ? "A: b\r\n" : "");
  }
}

TEST(Filters, EveryResponseForbidsSniffing) {
  Response response;
  filters::NoSniffing().after({}, response);
  EXPECT_EQ(response.fields, "X-Content-Type-Options: nosniff\r\n");
}

}  // namespace
}  // namespace bobbin::http
