#pragma once

#include <memory>
#include <utility>

#include "base/endpoint.h"
#include "http/listener_rules.h"
#include "net/tcp_transport.h"
#include "net/tls/context.h"
#include "net/tls/tls_transport.h"
#include "os/fd.h"

namespace bobbin::server {

/// What a listener has for each of its connections. It outlives them.
struct ListenerService {
  http::ListenerRules rules;
  const net::tls::CurrentContext* tls = nullptr;  ///< null: connections are not secured
};

inline const ListenerService kPlainService{};

/// A connection that has been accepted and not yet been given to a worker, or is on its way to one.
struct Arrival {
  os::Fd socket;
  Endpoint peer;
  Endpoint local;
  const ListenerService* service = &kPlainService;
};

/// Gives `emplace` what is needed to make the transport of such a connection: a type and its arguments.
/// Returns what that returns.
template <typename Emplace>
auto make_transport(Arrival&& arrival, Emplace emplace) {
  const net::tls::CurrentContext* tls = arrival.service->tls;
  if (tls == nullptr)
    return emplace(std::in_place_type<net::TcpTransport>, std::move(arrival.socket), arrival.peer,
                   arrival.local);
  return emplace(std::in_place_type<net::tls::TlsTransport>, tls->get(), std::move(arrival.socket),
                 arrival.peer, arrival.local);
}

}  // namespace bobbin::server
