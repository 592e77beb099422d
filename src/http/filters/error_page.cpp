#include "http/filters/error_page.h"

namespace bobbin::http::filters {

void ErrorPage::after(const RequestSummary& request, Response& response) const {
  if (!is_error(response.status) || !std::holds_alternative<std::monostate>(response.content)) return;
  render_error(response, request.error_form, server_name_);
  response.add_field("Vary", "Accept");
}

}  // namespace bobbin::http::filters
