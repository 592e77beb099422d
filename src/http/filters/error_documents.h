#pragma once

#include <string>
#include <utility>
#include <vector>

#include "http/content.h"
#include "http/filter.h"

namespace bobbin::http::filters {

/// A page that stands in place of the server's own for some errors.
struct ErrorDocument {
  int status;  ///< 404, or 4 for every 4xx
  std::string media_type;
  SharedBytes content;
};

/// Shows the operator's pages for errors that have no content of their own. The page of a status goes before
/// that of its class. Programs that prefer JSON get problem details as without them, so the answer says that
/// the choice depended on Accept (RFC 9110 §12.5.5). Thread: any (immutable).
class ErrorDocuments final : public Filter {
 public:
  explicit ErrorDocuments(std::vector<ErrorDocument> documents) : documents_(std::move(documents)) {}
  void after(const RequestSummary& request, Response& response) const override;

 private:
  [[nodiscard]] const ErrorDocument* document_for(int status) const;

  std::vector<ErrorDocument> documents_;
};

}  // namespace bobbin::http::filters
