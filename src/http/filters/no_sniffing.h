#pragma once

#include "http/filter.h"

namespace bobbin::http::filters {

/// Tells browsers to believe the media type that was sent (the Fetch standard's X-Content-Type-Options), so
/// that no upload or download is taken for a page or a script. Thread: any.
class NoSniffing final : public Filter {
 public:
  void after(const RequestSummary&, Response& response) const override {
    if (!response.has_field("X-Content-Type-Options"))
      response.add_field("X-Content-Type-Options", "nosniff");
  }
};

}  // namespace bobbin::http::filters
