#include "http/filters/document_fields.h"

#include <algorithm>

#include "http/media_type.h"

namespace bobbin::http::filters {
namespace {

bool is_document(const RequestSummary& request, const Response& response) {
  // An error without content will be shown as a page.
  if (is_error(response.status) && std::holds_alternative<std::monostate>(response.content))
    return request.error_form == ErrorForm::page;
  constexpr std::string_view kTypes[] = {"text/html",       "application/xhtml+xml", "image/svg+xml",
                                         "application/pdf", "application/xml",       "text/xml"};
  return std::ranges::any_of(kTypes, [&](auto type) { return is_media_type(response.media_type, type); });
}

}  // namespace

void DocumentFields::after(const RequestSummary& request, Response& response) const {
  if (!is_document(request, response)) return;
  if (!response.has_field("Content-Security-Policy"))
    response.add_field("Content-Security-Policy", "frame-ancestors 'self'");
  if (!response.has_field("Referrer-Policy"))
    response.add_field("Referrer-Policy", "strict-origin-when-cross-origin");
}

}  // namespace bobbin::http::filters
