#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "http/http2/limits.h"
#include "observe/registry.h"
#include "server/observer.h"
#include "server/site_names.h"

namespace bobbin::server {

/// Counts what happens on the connections of one worker. Thread: the worker's.
class ExchangeCounts final : public Observer {
 public:
  /// `registry` and `sites` outlive it.
  ExchangeCounts(observe::Registry& registry, const SiteNames& sites);

  void exchange_ended(const ExchangeEnded& event) override;
  void connection_closed(const ConnectionClosed& event) override;
  void limit_exceeded(const LimitExceeded& event) override;

  static constexpr observe::Metric kRequests{
      "bobbin_requests_total", "Requests that were answered or given up, by the class of their status"};
  static constexpr observe::Metric kRefused{"bobbin_requests_refused_total",
                                            "Requests that were refused, by reason"};
  static constexpr observe::Metric kContentBytes{"bobbin_response_content_bytes_total",
                                                 "Bytes of content that were sent"};
  static constexpr observe::Metric kClosed{"bobbin_connections_closed_total", "Connections that have ended"};

 private:
  static constexpr std::size_t kStatusClasses = 6;  // by the first digit
  [[nodiscard]] observe::Counter& requests_of(const http::ExchangeSummary& summary);
  [[nodiscard]] observe::Counter& make_counter(std::uint16_t site, std::size_t method, std::size_t digit);
  void count_refusal(const http::ExchangeSummary& summary);

  observe::Registry& registry_;
  const SiteNames& sites_;
  // By site, method and class of status; null until the first request of that kind.
  std::vector<observe::Counter*> requests_;
  std::map<std::string_view, observe::Counter*> refused_;  // likewise
  observe::Counter& content_bytes_;
  observe::Counter& incomplete_;
  observe::Histogram& until_answered_;
  observe::Histogram& until_sent_;
  observe::Counter& closed_;
  observe::Counter& timed_out_;
  observe::Counter& tls_failures_;
  observe::Counter& proxy_failures_;
  observe::Counter& limited_;
  std::array<observe::Counter*, http::http2::kLimits> limits_{};
};

}  // namespace bobbin::server
