#include "admin/admin_handler.h"

#include <string>

#include "admin/answers.h"
#include "admin/health_paths.h"
#include "admin/status.h"
#include "admin/status_json.h"
#include "admin/status_page.h"
#include "http/accept.h"
#include "observe/exposition.h"

namespace bobbin::admin {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kOpenMetrics = "application/openmetrics-text";

/// Of an origin-form or absolute-form target (RFC 9112 §3.2). No path here needs decoding.
std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find('?'));
  if (const std::size_t scheme = target.find("://"); scheme != std::string_view::npos) {
    const std::size_t path = target.find('/', scheme + 3);
    return path == std::string_view::npos ? "/" : target.substr(path);
  }
  return target;
}

http::Response to_status() {
  http::Response response = http::Response::with_content(http::Status::found, "text/plain", std::string());
  response.add_field("Location", "/status");
  return response;
}

http::Response page(const ServerStatus& status) {
  http::Response response = uncached(http::Status::ok, "text/html; charset=utf-8", page_of(status));
  response.add_field("Content-Security-Policy", page_policy());
  response.add_field("X-Content-Type-Options", "nosniff");
  response.add_field("Referrer-Policy", "no-referrer");
  return response;
}

}  // namespace

http::Begin AdminHandler::begin(const http::Request& request) const {
  if (auto refused = refuse_method(request)) return *std::move(refused);
  return answer(path_of(request.head.target), request.head);
}

http::Response AdminHandler::answer(std::string_view path, const http::RequestHead& head) const {
  if (path == kLivePath) return uncached(http::Status::ok, kJson, "{\"status\":\"ok\"}\n");
  if (path == kReadyPath) return readiness();
  if (path == "/metrics") return metrics(head);
  if (path == "/") return to_status();
  const auto status = [this] {
    return status_of(state_.facts(), state_.snapshot(), health_.obstacles(), wall_now());
  };
  if (path == "/status") return page(status());
  if (path == "/status.json") return uncached(http::Status::ok, kJson, json_of(status()));
  return http::Response::error(http::Status::not_found,
                               "There are /healthz, /readyz, /metrics, /status and /status.json here.");
}

http::Response AdminHandler::readiness() const {
  const auto obstacles = health_.obstacles();
  const bool is_ready = obstacles.empty();
  return uncached(is_ready ? http::Status::ok : http::Status::service_unavailable, kJson,
                  std::string("{\"status\":\"") + (is_ready ? "ready" : "not ready") +
                      "\",\"reasons\":" + json_of(obstacles) + "}\n");
}

http::Response AdminHandler::metrics(const http::RequestHead& head) const {
  // A client without Accept takes anything (RFC 9110 §12.5.1), and gets what everybody understands.
  const bool wants_openmetrics =
      head.fields.has(http::FieldName::accept) &&
      http::weight_of(head, kOpenMetrics).value_or(0) > http::weight_of(head, "text/plain").value_or(0);
  return wants_openmetrics
             ? uncached(http::Status::ok, std::string(kOpenMetrics) + "; version=1.0.0; charset=utf-8",
                        exposition(state_.snapshot(), observe::Exposition::openmetrics))
             : uncached(http::Status::ok, "text/plain; version=0.0.4; charset=utf-8",
                        exposition(state_.snapshot(), observe::Exposition::text));
}

}  // namespace bobbin::admin
