#include "server/exchange_counts.h"

#include <string>

namespace bobbin::server {

ExchangeCounts::ExchangeCounts(observe::Registry& registry)
    : content_bytes_(registry.counter("bobbin_response_content_bytes_total")),
      incomplete_(registry.counter("bobbin_incomplete_exchanges_total")),
      closed_(registry.counter("bobbin_connections_closed_total")),
      timed_out_(registry.counter("bobbin_connections_timed_out_total")),
      tls_failures_(registry.counter("bobbin_tls_failures_total")),
      proxy_failures_(registry.counter("bobbin_proxy_headers_refused_total")),
      limited_(registry.counter("bobbin_connections_limited_total")) {
  for (std::size_t digit = 2; digit < responses_.size(); ++digit)
    responses_[digit] =
        &registry.counter("bobbin_responses_total", "class=\"" + std::to_string(digit) + "xx\"");
  for (std::size_t limit = 0; limit < limits_.size(); ++limit)
    limits_[limit] =
        &registry.counter("bobbin_http2_limits_total",
                          "limit=\"" + std::string(name_of(static_cast<http::http2::Limit>(limit))) + "\"");
}

void ExchangeCounts::exchange_ended(const ExchangeEnded& event) {
  const http::ExchangeSummary& summary = event.summary;
  responses_.at(static_cast<std::size_t>(http::code(summary.status)) / 100)->add();
  content_bytes_.add(summary.content_bytes);
  if (summary.outcome != http::Outcome::completed) incomplete_.add();
}

void ExchangeCounts::connection_closed(const ConnectionClosed& event) {
  closed_.add();
  if (event.session.timed_out()) timed_out_.add();
  if (!event.security_failure.empty()) tls_failures_.add();
  if (!event.proxy_failure.empty()) proxy_failures_.add();
  if (!event.is_admitted) limited_.add();
}

void ExchangeCounts::limit_exceeded(const LimitExceeded& event) {
  for (std::size_t limit = 0; limit < limits_.size(); ++limit)
    if (name_of(static_cast<http::http2::Limit>(limit)) == event.limit) limits_.at(limit)->add();
}

}  // namespace bobbin::server
