#include "server/exchange_counts.h"

#include <array>

#include "server/acceptor.h"
#include "server/refusal_reason.h"

namespace bobbin::server {
namespace {

using observe::Metric;

constexpr Metric kIncomplete{"bobbin_requests_incomplete_total",
                             "Requests whose answer did not reach its end, whoever was the cause"};
constexpr Metric kUntilAnswered{
    "bobbin_request_answer_seconds",
    "Time from the end of a request's head until its answer was there to be sent, up to its first byte"};
constexpr Metric kUntilSent{"bobbin_request_duration_seconds",
                            "Time from the end of a request's head until the last byte of its answer was "
                            "handed to the system"};
constexpr Metric kTimedOut{"bobbin_connections_timed_out_total",
                           "Connections that have ended since their client let a deadline pass"};
constexpr Metric kTlsFailures{"bobbin_tls_failures_total", "Connections that could not be secured"};
constexpr Metric kProxyFailures{"bobbin_proxy_headers_refused_total",
                                "Connections with a PROXY header that was refused"};
constexpr Metric kLimits{"bobbin_http2_limits_total", "Connections of HTTP/2 that have exceeded a limit"};

/// A client chooses the method, so those that are rare have one name together.
constexpr std::array<std::string_view, 4> kMethods{"GET", "HEAD", "POST", "other"};

std::size_t index_of(http::Method method) {
  switch (method) {
    case http::Method::get: return 0;
    case http::Method::head: return 1;
    case http::Method::post: return 2;
    default: return 3;
  }
}

}  // namespace

ExchangeCounts::ExchangeCounts(observe::Registry& registry, const SiteNames& sites)
    : registry_(registry),
      sites_(sites),
      content_bytes_(registry.counter(kContentBytes)),
      incomplete_(registry.counter(kIncomplete)),
      until_answered_(registry.histogram(kUntilAnswered, observe::kLatencyBuckets)),
      until_sent_(registry.histogram(kUntilSent, observe::kLatencyBuckets)),
      closed_(registry.counter(kClosed)),
      timed_out_(registry.counter(kTimedOut)),
      tls_failures_(registry.counter(kTlsFailures)),
      proxy_failures_(registry.counter(kProxyFailures)),
      limited_(registry.counter(Acceptor::kLimited)) {
  for (std::size_t limit = 0; limit < limits_.size(); ++limit)
    limits_[limit] =
        &registry.counter(kLimits, observe::label("limit", name_of(static_cast<http::http2::Limit>(limit))));
}

observe::Counter& ExchangeCounts::requests_of(const http::ExchangeSummary& summary) {
  const std::size_t method = index_of(summary.method);
  const std::size_t digit = static_cast<std::size_t>(http::code(summary.status)) / 100;
  const std::size_t index = (summary.site * kMethods.size() + method) * kStatusClasses + digit;
  if (index < requests_.size() && requests_[index] != nullptr) return *requests_[index];
  if (index >= requests_.size()) requests_.resize(index + 1);
  requests_[index] = &make_counter(summary.site, method, digit);
  return *requests_[index];
}

observe::Counter& ExchangeCounts::make_counter(std::uint16_t site, std::size_t method, std::size_t digit) {
  return registry_.counter(kRequests, observe::label("site", sites_.name_of(site)) + "," +
                                          observe::label("method", kMethods[method]) + "," +
                                          observe::label("status", std::to_string(digit) + "xx"));
}

void ExchangeCounts::count_refusal(const http::ExchangeSummary& summary) {
  const auto reason = refusal_reason(summary);
  if (!reason) return;
  observe::Counter*& counter = refused_[*reason];
  if (counter == nullptr) counter = &registry_.counter(kRefused, observe::label("reason", *reason));
  counter->add();
}

void ExchangeCounts::exchange_ended(const ExchangeEnded& event) {
  const http::ExchangeSummary& summary = event.summary;
  requests_of(summary).add();
  content_bytes_.add(summary.content_bytes);
  if (summary.outcome != http::Outcome::completed) incomplete_.add();
  until_sent_.add(event.duration.count());
  if (summary.answered == Instant{}) return;
  until_answered_.add((summary.answered - summary.started).count());
  if (is_error(summary.status)) count_refusal(summary);
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
