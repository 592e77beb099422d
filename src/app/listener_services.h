#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/open_tls.h"
#include "app/settled_change.h"
#include "app/warning.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "net/tls/context.h"
#include "observe/log.h"
#include "observe/registry.h"
#include "server/acceptor.h"

namespace bobbin::app {

/// What the listeners have for their connections: rules, which stay, and certificates, which are replaced
/// when their files change. Thread: the main thread's.
class ListenerServices {
 public:
  /// `configs` says of each address in `bound` which listener of the configuration it belongs to. Sets
  /// bobbin_tls_certificate_expiry_timestamp_seconds. The error is a sentence for the operator.
  [[nodiscard]] static Result<std::unique_ptr<ListenerServices>, std::string> create(
      const Config& config, const std::vector<Endpoint>& bound, std::vector<std::size_t> configs,
      observe::Registry& registry);
  /// Looks whether `create` would succeed. Returns warnings.
  [[nodiscard]] static Result<std::vector<Warning>, std::string> check(const Config& config);

  /// Gives each listener, in the order of `bound`, its service. This object outlives their connections.
  void attach(std::vector<server::Listener>& listeners) const;
  /// Whether this one in `bound` answers requests in clear text.
  [[nodiscard]] bool answers_in_clear(std::size_t index) const;
  /// What holds at this one in `bound`. Lives as long as this object.
  [[nodiscard]] const http::ListenerRules& rules(std::size_t index) const {
    return services_[configs_[index]].rules;
  }
  /// The scheme of each address in `bound`.
  [[nodiscard]] std::vector<http::Scheme> schemes() const;

  /// Opens what this configuration has for TLS; `install` puts it into force for new connections.
  [[nodiscard]] Result<OpenTls, std::string> open(const Config& config) const;
  void install(OpenTls tls);

  /// Called once a second: puts certificates into force whose files have changed, and warns of those that
  /// expire. A broken pair is logged, and the old one stays. Replaces ticket keys that are in memory when it
  /// is time to. `config` is the one that is in force.
  void follow(const Config& config, WallTime now, Instant moment, observe::LogWriter& log);
  /// Sentences about certificates that are not valid now or will expire; those that `follow` need not repeat.
  [[nodiscard]] std::vector<Warning> take_warnings(WallTime now);

 private:
  explicit ListenerServices(observe::Registry& registry) : registry_(registry) {}
  void make_services(const Config& config, const std::vector<Endpoint>& bound);
  void install_ticket_keys();
  void follow_files(const Config& config, observe::LogWriter& log);

  observe::Registry& registry_;
  TlsIdentity identity_;
  Instant next_rotation_ = kNever;  // of ticket keys in memory
  OpenTls tls_;
  std::vector<std::unique_ptr<net::tls::CurrentContext>> contexts_;  // null for a listener without TLS
  std::deque<server::ListenerService> services_;
  std::vector<std::size_t> configs_;                      // by address
  SettledChange change_;                                  // of the files
  std::map<std::string, int> told_levels_;                // by fingerprint of the certificate
  std::map<std::string, observe::Gauge*> expiry_gauges_;  // by file
};

}  // namespace bobbin::app
