#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/passed_listeners.h"
#include "app/start_failure.h"
#include "app/warning.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "server/acceptor.h"

namespace bobbin::app {

/// The sockets that listen, and what an operator should know of them.
struct Listening {
  std::vector<server::Listener> listeners;
  std::vector<std::string> names;          ///< of each: "http://127.0.0.1:8080", "unix:/run/bobbin.sock"
  std::vector<std::size_t> configs;        ///< of each, which listener of the configuration it belongs to
  std::vector<PassableListener> passable;  ///< all of them, those of --admin at the end
  /// Which of the sockets that were given have been taken, by their order.
  std::vector<std::size_t> inherited;
  std::vector<Warning> warnings;         ///< sentences for the log
  std::vector<server::Listener> admin;   ///< those of --admin
  std::vector<std::string> admin_names;  ///< of each
};

/// Listens on everything that is configured, with the configured congestion control. `inherited`: sockets
/// that do so already, which are taken where the configuration names them.
[[nodiscard]] Result<Listening, StartFailure> listen_on_all(const Config& config,
                                                            std::vector<InheritedListener> inherited);

/// An address on which --bind lets the server listen.
[[nodiscard]] Endpoint endpoint_of(const std::string& bind, std::uint16_t port);

[[nodiscard]] std::vector<Endpoint> addresses_of(const std::vector<server::Listener>& listeners);

}  // namespace bobbin::app
