#pragma once

#include <memory>
#include <optional>
#include <utility>
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
  /// reason: requests, bytes, user.
  RequestLimit(ClientLimits& limits, observe::Registry& registry, unsigned workers);

  [[nodiscard]] std::optional<http::Begin> before(const http::Request& request) const override;
  /// The same for requests at these paths, by their own limit.
  [[nodiscard]] std::optional<http::Begin> before(const http::Request& request, LimitedPaths paths) const;
  /// The same of whom the request has turned out to come from, each time that it is called.
  [[nodiscard]] std::optional<http::Begin> of_user(const http::Request& request, LimitedPaths paths) const;

 private:
  /// Of one worker, since a counter has one writer.
  struct Counters {
    observe::Counter* requests;
    observe::Counter* bytes;
    observe::Counter* user;
  };
  [[nodiscard]] http::Response refusal_of_client(const ClientLimits::Refused& refused, unsigned worker) const;

  ClientLimits& limits_;
  std::vector<Counters> counters_;
};

/// Does so at paths with a limit of their own. Thread: any.
class PathRequestLimit final : public http::Filter {
 public:
  PathRequestLimit(std::shared_ptr<const RequestLimit> limit, LimitedPaths paths)
      : limit_(std::move(limit)), paths_(paths) {}

  [[nodiscard]] std::optional<http::Begin> before(const http::Request& request) const override {
    return limit_->before(request, paths_);
  }

 private:
  const std::shared_ptr<const RequestLimit> limit_;
  const LimitedPaths paths_;
};

/// The same for users, whatever their addresses. Who has none is not limited. Thread: any.
class UserRequestLimit final : public http::Filter {
 public:
  UserRequestLimit(std::shared_ptr<const RequestLimit> limit, LimitedPaths paths)
      : limit_(std::move(limit)), paths_(paths) {}

  [[nodiscard]] std::optional<http::Begin> before(const http::Request& request) const override {
    return limit_->of_user(request, paths_);
  }

 private:
  const std::shared_ptr<const RequestLimit> limit_;
  const LimitedPaths paths_;
};

}  // namespace bobbin::limits
