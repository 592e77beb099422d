#pragma once

#include <memory>
#include <utility>

#include "base/endpoint.h"
#include "limits/client_limits.h"
#include "net/proxied_transport.h"
#include "net/tcp_transport.h"
#include "os/fd.h"

namespace bobbin::server {

/// What a listener has for each of its connections. It outlives them.
struct ListenerService {
  bool has_proxy_header = false;  ///< connections begin with a header of the PROXY protocol
};

inline const ListenerService kPlainService{};
inline const ListenerService kProxiedService{.has_proxy_header = true};

/// A connection that has been accepted and not yet been given to a worker, or is on its way to one.
struct Arrival {
  os::Fd socket;
  Endpoint peer;
  Endpoint local;
  const ListenerService* service = &kPlainService;
  limits::Place place = {};  ///< of a client whose connections are limited
};

/// Gives `emplace` what is needed to make the transport of such a connection: a type and its arguments.
/// Returns what that returns.
template <typename Emplace>
auto make_transport(Arrival&& arrival, Emplace emplace) {
  if (!arrival.service->has_proxy_header)
    return emplace(std::in_place_type<net::TcpTransport>, std::move(arrival.socket), arrival.peer,
                   arrival.local);
  return emplace(std::in_place_type<net::ProxiedTransport>,
                 std::make_unique<net::TcpTransport>(std::move(arrival.socket), arrival.peer, arrival.local));
}

}  // namespace bobbin::server
