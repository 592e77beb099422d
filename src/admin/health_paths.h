#pragma once

#include <string_view>

#include "admin/health.h"
#include "http/filter.h"

namespace bobbin::admin {

inline constexpr std::string_view kLivePath = "/healthz";
inline constexpr std::string_view kReadyPath = "/readyz";

/// Answers the probes of balancers and of service managers in the place of a site (`--health on`): whether
/// the process lives, and whether it would take work; why not, only the admin listener tells. Nobody has to
/// sign in for it. Thread: any.
class HealthPaths final : public http::Filter {
 public:
  /// `health` outlives it. `is_logged`: whether the access log has the probes.
  HealthPaths(const Health& health, bool is_logged) : health_(health), is_logged_(is_logged) {}

  [[nodiscard]] std::optional<http::Begin> before(const http::Request& request) const override;

 private:
  const Health& health_;
  const bool is_logged_;
};

}  // namespace bobbin::admin
