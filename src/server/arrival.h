#pragma once

#include <memory>
#include <utility>

#include "base/endpoint.h"
#include "http/listener_rules.h"
#include "limits/client_limits.h"
#include "net/proxied_transport.h"
#include "net/tcp_transport.h"
#include "net/tls/context.h"
#include "net/tls/tls_transport.h"
#include "os/fd.h"

namespace bobbin::server {

/// What a listener has for each of its connections. It outlives them.
struct ListenerService {
  http::ListenerRules rules;
  const net::tls::CurrentContext* tls = nullptr;  ///< null: connections are not secured
  /// Connections begin with a header of the PROXY protocol, in clear text, before what TLS may follow.
  bool has_proxy_header = false;
};

inline const ListenerService kPlainService{};

/// A connection that has been accepted and not yet been given to a worker, or is on its way to one.
struct Arrival {
  os::Fd socket;
  Endpoint peer;
  Endpoint local;
  const ListenerService* service = &kPlainService;
  limits::Place place = {};  ///< of a client whose connections are limited
  /// Finds a place for the client that a PROXY header will name. Null where no connections are limited.
  std::unique_ptr<net::Admission> admission = {};
};

/// An `emplace` that makes the transport on the heap.
inline constexpr auto kMakeApart = []<typename T, typename... Arguments>(std::in_place_type_t<T>,
                                                                         Arguments&&... arguments) {
  return std::unique_ptr<net::Transport>(std::make_unique<T>(std::forward<Arguments>(arguments)...));
};

/// Gives `emplace` what is needed to make the transport of such a connection behind its PROXY header, if it
/// has one: a type and its arguments. Returns what that returns.
template <typename Emplace>
auto make_inner_transport(Arrival&& arrival, Emplace emplace) {
  const net::tls::CurrentContext* tls = arrival.service->tls;
  if (tls == nullptr)
    return emplace(std::in_place_type<net::TcpTransport>, std::move(arrival.socket), arrival.peer,
                   arrival.local);
  return emplace(std::in_place_type<net::tls::TlsTransport>, tls->get(), std::move(arrival.socket),
                 arrival.peer, arrival.local);
}

/// The same for the whole transport.
template <typename Emplace>
auto make_transport(Arrival&& arrival, Emplace emplace) {
  if (!arrival.service->has_proxy_header) return make_inner_transport(std::move(arrival), emplace);
  auto admission = std::move(arrival.admission);
  return emplace(std::in_place_type<net::ProxiedTransport>,
                 make_inner_transport(std::move(arrival), kMakeApart), std::move(admission));
}

}  // namespace bobbin::server
