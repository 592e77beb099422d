#pragma once

#include "admin/health.h"
#include "admin/server_state.h"
#include "http/handler.h"

namespace bobbin::admin {

/// Answers at the admin listener, whatever Host a request has:
///
///     /healthz      200: the process lives
///     /readyz       200, or 503 with the reasons why the server would take no work, as JSON
///     /metrics      numbers for Prometheus, in the text format 0.0.4 or in OpenMetrics 1.0, as Accept says
///     /status       a page for people; /status.json the same for programs
///
/// Thread: any.
class AdminHandler final : public http::Handler {
 public:
  /// Both outlive it.
  AdminHandler(const Health& health, const ServerState& state) : health_(health), state_(state) {}

  [[nodiscard]] http::Begin begin(const http::Request& request) const override;

 private:
  [[nodiscard]] http::Response answer(std::string_view path, const http::RequestHead& head) const;
  [[nodiscard]] http::Response readiness() const;
  [[nodiscard]] http::Response metrics(const http::RequestHead& head) const;

  const Health& health_;
  const ServerState& state_;
};

}  // namespace bobbin::admin
