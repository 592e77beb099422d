#include "app/listener_services.h"

#include <algorithm>
#include <utility>

#include "app/check_tls.h"
#include "app/options.h"

namespace bobbin::app {
namespace {

using observe::Event;

constexpr Duration kRotation = std::chrono::hours(12);
constexpr observe::Metric kExpiry{"bobbin_tls_certificate_expiry_timestamp_seconds",
                                  "When the certificate in this file ends to be valid"};

bool wants_self_signed(const Config& config) {
  return std::ranges::any_of(config.listeners,
                             [](const ListenerConfig& each) { return each.tls == Tls::self_signed; });
}

Result<std::shared_ptr<const net::tls::Certificate>, std::string> make_self_signed(
    const std::vector<Endpoint>& bound) {
  return net::tls::Certificate::self_signed(bound, wall_now()).map_error([](const std::string& reason) {
    return "--tls: cannot make a self-signed certificate: " + reason;
  });
}

std::int64_t seconds_since_epoch(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

Result<std::unique_ptr<ListenerServices>, std::string> ListenerServices::create(
    const Config& config, const std::vector<Endpoint>& bound, std::vector<std::size_t> configs,
    observe::Registry& registry) {
  TRY(check_tls(config));
  std::unique_ptr<ListenerServices> services(new ListenerServices(registry));
  if (wants_self_signed(config)) services->identity_.self_signed = TRY(make_self_signed(bound));
  OpenTls tls = TRY(services->open(config));
  services->configs_ = std::move(configs);
  services->make_services(config, bound);
  services->install(std::move(tls));
  return services;
}

Result<std::vector<Warning>, std::string> ListenerServices::check(const Config& config) {
  observe::Registry registry;
  return TRY(create(config, {}, {}, registry))->take_warnings(wall_now());
}

void ListenerServices::make_services(const Config& config, const std::vector<Endpoint>& bound) {
  std::uint16_t https_port = http::default_port(http::Scheme::https);
  for (std::size_t i = bound.size(); i > 0; --i)
    if (is_secured(config.listeners[configs_[i - 1]]) && !bound[i - 1].is_unix_socket())
      https_port = bound[i - 1].port;
  for (const ListenerConfig& listener : config.listeners) {
    server::ListenerService& service = services_.emplace_back();
    contexts_.push_back(is_secured(listener) ? std::make_unique<net::tls::CurrentContext>(nullptr) : nullptr);
    service.tls = contexts_.back().get();
    service.has_proxy_header = listener.proxy_protocol;
    if (is_secured(listener)) service.rules.scheme = http::Scheme::https;
    if (listener.redirects_to_https) service.rules.redirect_port = https_port;
    if (!listener.hsts.empty()) service.rules.fields = "Strict-Transport-Security: " + listener.hsts + "\r\n";
  }
}

void ListenerServices::attach(std::vector<server::Listener>& listeners) const {
  for (std::size_t i = 0; i < listeners.size(); ++i) listeners[i].service = &services_[configs_[i]];
}

bool ListenerServices::answers_in_clear(std::size_t index) const {
  return rules(index).scheme == http::Scheme::http && !rules(index).redirect_port;
}

std::vector<http::Scheme> ListenerServices::schemes() const {
  std::vector<http::Scheme> schemes;
  schemes.reserve(configs_.size());
  for (const std::size_t config : configs_) schemes.push_back(services_[config].rules.scheme);
  return schemes;
}

Result<OpenTls, std::string> ListenerServices::open(const Config& config) const {
  return open_tls(config, identity_);
}

void ListenerServices::install(OpenTls tls) {
  tls_ = std::move(tls);
  install_ticket_keys();
  for (std::size_t i = 0; i < contexts_.size(); ++i)
    if (contexts_[i] != nullptr) contexts_[i]->replace(tls_.contexts[i]);
  for (const auto& [file, certificate] : tls_.certificates) {
    observe::Gauge*& gauge = expiry_gauges_[file];
    if (gauge == nullptr) gauge = &registry_.gauge(kExpiry, observe::label("file", file));
    gauge->set(seconds_since_epoch(certificate->not_after()));
  }
}

void ListenerServices::install_ticket_keys() {
  const bool are_in_memory = next_rotation_ != kNever;
  if (!tls_.ticket_keys.empty()) {
    identity_.ticket_keys->replace(tls_.ticket_keys);
    next_rotation_ = kNever;
  } else if (!are_in_memory) {
    identity_.ticket_keys->rotate();
    next_rotation_ = monotonic_now() + kRotation;
  }
}

void ListenerServices::follow(const Config& config, WallTime now, Instant moment, observe::LogWriter& log) {
  follow_files(config, log);
  if (moment >= next_rotation_) {
    identity_.ticket_keys->rotate();
    next_rotation_ = moment + kRotation;
  }
  for (const OpenTls::Named& named : tls_.certificates) {
    int& told = told_levels_[named.certificate->fingerprint()];
    const int level = expiry_level(*named.certificate, now);
    if (level > std::exchange(told, std::max(told, level)))
      log.write(Event::certificate_expires, "Warning: " + expiry_sentence(named, now));
  }
}

void ListenerServices::follow_files(const Config& config, observe::LogWriter& log) {
  if (tls_.certificates.empty()) return;
  if (!change_.is_due(TlsFiles::read(config).fingerprint(), tls_.fingerprint)) return;
  auto tls = open(config);
  if (!tls)
    return log.write(Event::certificates_refused,
                     "The certificates have changed, but the old ones stay in use: " + tls.error());
  install(*std::move(tls));
  log.write(Event::certificates_renewed, "The certificates have changed and are in use");
}

std::vector<Warning> ListenerServices::take_warnings(WallTime now) {
  for (const OpenTls::Named& named : tls_.certificates)
    told_levels_[named.certificate->fingerprint()] = expiry_level(*named.certificate, now);
  return validity_warnings(tls_, now);
}

}  // namespace bobbin::app
