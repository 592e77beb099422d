#include "admin/health_paths.h"

#include "admin/answers.h"

namespace bobbin::admin {

std::optional<http::Begin> HealthPaths::before(const http::Request& request) const {
  const bool asks_for_readiness = request.path == kReadyPath;
  if (!asks_for_readiness && request.path != kLivePath) return std::nullopt;
  request.note("place", {"--health on"});
  if (auto refused = refuse_method(request)) return *std::move(refused);
  const bool is_well = !asks_for_readiness || health_.obstacles().empty();
  http::Response response = uncached(is_well ? http::Status::ok : http::Status::service_unavailable,
                                     "text/plain; charset=utf-8", is_well ? "ok\n" : "not ready\n");
  response.log_fields.is_logged = is_logged_;
  return response;
}

}  // namespace bobbin::admin
