#pragma once

#include <array>

#include "http/http2/limits.h"
#include "observe/registry.h"
#include "server/observer.h"

namespace bobbin::server {

/// Counts what happens on the connections of one worker: bobbin_responses_total by class of status (of what
/// the client got or would have got), bobbin_response_content_bytes_total, bobbin_incomplete_exchanges_total,
/// bobbin_connections_closed_total, bobbin_connections_timed_out_total, bobbin_tls_failures_total (of
/// connections that could not be secured), bobbin_proxy_headers_refused_total, bobbin_http2_limits_total by
/// limit.
class ExchangeCounts final : public Observer {
 public:
  /// `registry` outlives it.
  explicit ExchangeCounts(observe::Registry& registry);

  void exchange_ended(const ExchangeEnded& event) override;
  void connection_closed(const ConnectionClosed& event) override;
  void limit_exceeded(const LimitExceeded& event) override;

 private:
  std::array<observe::Counter*, 6> responses_{};  // by the first digit of the status, from 2
  observe::Counter& content_bytes_;
  observe::Counter& incomplete_;
  observe::Counter& closed_;
  observe::Counter& timed_out_;
  observe::Counter& tls_failures_;
  observe::Counter& proxy_failures_;
  observe::Counter& limited_;
  std::array<observe::Counter*, http::http2::kLimits> limits_{};
};

}  // namespace bobbin::server
