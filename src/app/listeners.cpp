#include "app/listeners.h"

#include <fmt/format.h>
#include <string>
#include <utility>

#include "app/parse_configuration.h"
#include "base/assert.h"
#include "os/socket.h"

namespace bobbin::app {
namespace {

Endpoint endpoint_of(const std::string& bind, std::uint16_t port) {
  auto endpoint = parse_address(bind == "localhost" ? "127.0.0.1" : bind);
  ASSERT(endpoint);  // the option takes nothing else
  endpoint->port = port;
  return *endpoint;
}

/// The congestion control for connections to this listener; empty for that of the system. bbr paces by a
/// model of a network, and there is none when the machine talks to itself. Every kernel has reno and allows
/// it to every user.
std::string congestion_control_for(const std::string& configured, const server::Listener& listener) {
  if (configured == "system") return {};
  if (configured != "auto") return configured;
  const auto of_system = os::congestion_control(listener.socket);
  return listener.bound.is_loopback() && of_system && *of_system == "bbr" ? "reno" : "";
}

StartFailure unavailable_congestion(const std::string& configured) {
  const std::string names = os::available_congestion_controls();
  return {fmt::format("--tcp-congestion: \"{}\" is not available; {}", configured,
                      names.empty() ? "auto or system" : "auto, system, " + names),
          kExitUsage};
}

Result<void, StartFailure> set_congestion_control(const ServerConfig& config,
                                                  const server::Listener& listener) {
  const std::string name = congestion_control_for(config.tcp_congestion, listener);
  if (name.empty() || os::set_congestion_control(listener.socket, name)) return {};
  return failure(unavailable_congestion(config.tcp_congestion));
}

}  // namespace

Result<std::vector<server::Listener>, StartFailure> listen_on_all(const Config& config) {
  std::vector<server::Listener> listeners;
  for (const ListenerConfig& each : config.listeners) {
    for (const std::string& bind : each.binds) {
      const Endpoint endpoint = endpoint_of(bind, each.port);
      listeners.push_back(TRY(server::listen(endpoint).map_error([&](const Error& error) {
        return refused_by_system("cannot listen on " + endpoint.text(), error, config.server);
      })));
      TRY(set_congestion_control(config.server, listeners.back()));
    }
  }
  return listeners;
}

std::vector<Endpoint> addresses_of(const std::vector<server::Listener>& listeners) {
  std::vector<Endpoint> addresses;
  addresses.reserve(listeners.size());
  for (const server::Listener& listener : listeners) addresses.push_back(listener.bound);
  return addresses;
}

}  // namespace bobbin::app
