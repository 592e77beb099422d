#pragma once

#include <optional>
#include <vector>

#include "http/filter.h"
#include "limits/client_limits.h"
#include "observe/registry.h"

namespace bobbin::limits {

/// Refuses requests of clients that take more than they may: 429 (RFC 6585 §4), with Retry-After and the
/// fields of draft-ietf-httpapi-ratelimit-headers-10. The connection stays. Thread: any.
class RequestLimit final : public http::Filter {
 public:
  /// `limits` and `registry` outlive it. `workers`: how many ask. Counts bobbin_requests_limited_total by
  /// reason.
  RequestLimit(ClientLimits& limits, observe::Registry& registry, unsigned workers);

  [[nodiscard]] std::optional<http::Begin> before(const http::Request& request) const override;

 private:
  /// Of one worker, since a counter has one writer.
  struct Counters {
    observe::Counter* requests;
    observe::Counter* bytes;
  };
  ClientLimits& limits_;
  std::vector<Counters> counters_;
};

}  // namespace bobbin::limits
