#include "limits/request_limit.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>

namespace bobbin::limits {
namespace {

/// Whole seconds, at least one, so that who waits as long is not refused again.
std::int64_t seconds_to_wait(Duration wait) {
  return std::max<std::int64_t>(1, std::chrono::ceil<seconds>(wait).count());
}

/// The limit that was met, as a value of RateLimit-Policy.
std::string policy(const ClientLimits::Refused& refused) {
  const bool is_bytes = refused.kind == ClientLimits::Kind::bytes;
  const std::int64_t window = seconds_to_wait(refused.burst);
  return fmt::format("\"{}\";q={};w={}{}", is_bytes ? "bytes" : "requests",
                     refused.per_second * static_cast<std::uint64_t>(window), window,
                     is_bytes ? ";qu=\"content-bytes\"" : "");
}

http::Response refusal(const ClientLimits::Refused& refused, std::string detail) {
  const bool is_bytes = refused.kind == ClientLimits::Kind::bytes;
  const std::int64_t wait = seconds_to_wait(refused.wait);
  http::Response response = http::Response::error(http::Status::too_many_requests, std::move(detail));
  response.add_field("Retry-After", std::to_string(wait));
  response.add_field("RateLimit-Policy", policy(refused));
  response.add_field("RateLimit", fmt::format("\"{}\";r=0;t={}", is_bytes ? "bytes" : "requests", wait));
  return response;
}

constexpr observe::Metric kLimited{
    "bobbin_requests_limited_total",
    "Requests that were answered 429, by what their client or user has had too much of"};

}  // namespace

RequestLimit::RequestLimit(ClientLimits& limits, observe::Registry& registry, unsigned workers)
    : limits_(limits) {
  counters_.reserve(workers);
  for (unsigned i = 0; i < workers; ++i)
    counters_.push_back({.requests = &registry.counter(kLimited, "reason=\"requests\""),
                         .bytes = &registry.counter(kLimited, "reason=\"bytes\""),
                         .user = &registry.counter(kLimited, "reason=\"user\"")});
}

std::optional<http::Begin> RequestLimit::before(const http::Request& request) const {
  if (request.is_asked_again) return std::nullopt;  // it has been counted
  const auto refused = limits_.request(request.client, monotonic_now());
  if (!refused) return std::nullopt;
  http::Response response = refusal_of_client(*refused, request.worker);
  response.log_fields.host = http::HandlerLogFields::Host::unchecked;
  return response;
}

std::optional<http::Begin> RequestLimit::before(const http::Request& request, LimitedPaths paths) const {
  if (request.is_asked_again) return std::nullopt;
  const auto refused = limits_.request(request.client, paths, monotonic_now());
  if (!refused) return std::nullopt;
  return refusal_of_client(*refused, request.worker);
}

std::optional<http::Begin> RequestLimit::of_user(const http::Request& request, LimitedPaths paths) const {
  if (request.user == nullptr || request.user->empty()) return std::nullopt;
  const auto refused = limits_.request(*request.user, paths, monotonic_now());
  if (!refused) return std::nullopt;
  counters_[request.worker].user->add();
  return refusal(*refused, "You have sent more requests than one user may for now.");
}

http::Response RequestLimit::refusal_of_client(const ClientLimits::Refused& refused, unsigned worker) const {
  const bool is_bytes = refused.kind == ClientLimits::Kind::bytes;
  const Counters& counters = counters_[worker];
  (is_bytes ? counters.bytes : counters.requests)->add();
  return refusal(refused, is_bytes ? "You have downloaded more than one client may for now."
                                   : "You have sent more requests than one client may for now.");
}

}  // namespace bobbin::limits
