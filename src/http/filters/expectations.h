#pragma once

#include <optional>

#include "http/filter.h"

namespace bobbin::http::filters {

/// Refuses expectations other than 100-continue, which the session meets by itself (RFC 9110 §10.1.1): 417.
/// Thread: any.
class Expectations final : public Filter {
 public:
  std::optional<Begin> before(const Request& request) const override {
    if (!request.head.expects_other) return std::nullopt;
    return Response::error(Status::expectation_failed,
                           "The only expectation that this server meets is 100-continue.");
  }
};

}  // namespace bobbin::http::filters
