#pragma once

#include <utility>

#include "limits/client_limits.h"
#include "net/proxied_transport.h"

namespace bobbin::server {

/// The place of a connection whose client is known only when its PROXY header has come. Thread: the
/// transport's.
class ClientPlace final : public net::Admission {
 public:
  /// `limits` outlives it.
  explicit ClientPlace(limits::ClientLimits& limits) : limits_(limits) {}

  [[nodiscard]] bool admits(const Endpoint& client) override {
    auto place = limits_.connect(client, monotonic_now());
    if (!place) return false;
    place_ = *std::move(place);
    return true;
  }

 private:
  limits::ClientLimits& limits_;
  limits::Place place_;
};

}  // namespace bobbin::server
