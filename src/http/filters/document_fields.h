#pragma once

#include "http/filter.h"

namespace bobbin::http::filters {

/// Fields for what a browser shows as a document of its own, error pages included: other sites may not put it
/// into a frame, where a visitor could be made to click on what he does not see (Content-Security-Policy,
/// frame-ancestors), and learn no more than the origin of a page from which somebody has come
/// (Referrer-Policy). What the response says of these itself stays. Thread: any.
class DocumentFields final : public Filter {
 public:
  void after(const RequestSummary& request, Response& response) const override;
};

}  // namespace bobbin::http::filters
