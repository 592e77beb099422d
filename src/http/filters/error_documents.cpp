#include "http/filters/error_documents.h"

#include <algorithm>

namespace bobbin::http::filters {

const ErrorDocument* ErrorDocuments::document_for(int status) const {
  for (const int wanted : {status, status / 100})
    if (const auto found = std::ranges::find(documents_, wanted, &ErrorDocument::status);
        found != documents_.end())
      return &*found;
  return nullptr;
}

void ErrorDocuments::after(const RequestSummary& request, Response& response) const {
  if (!is_error(response.status) || request.error_form != ErrorForm::page ||
      !std::holds_alternative<std::monostate>(response.content))
    return;
  const ErrorDocument* document = document_for(code(response.status));
  if (document == nullptr) return;
  response.media_type = document->media_type;
  response.content = document->content;
  response.add_field("Vary", "Accept");
}

}  // namespace bobbin::http::filters
