#include "app/announce.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/bucket_roots.h"
#include "os/open_beneath.h"
#include "server/acceptor.h"
#include "server/exchange_counts.h"
#include "store/upload.h"

namespace bobbin::app {
namespace {

using observe::Event;

/// "127.0.0.1:8080", and without the port where clients leave it out.
std::string host_text(const std::string& host, std::uint16_t port, http::Scheme scheme) {
  return port == http::default_port(scheme) ? host : host + ":" + std::to_string(port);
}

/// The hosts that HostPolicy accepts for the addresses of this server, as far as they are known before a
/// client comes.
std::vector<std::string> hosts_of_addresses(const std::vector<Endpoint>& bound,
                                            const std::vector<http::Scheme>& schemes) {
  std::vector<std::string> hosts;
  const auto add = [&hosts](std::string host) {
    if (std::ranges::find(hosts, host) == hosts.end()) hosts.push_back(std::move(host));
  };
  for (std::size_t i = 0; i < bound.size(); ++i) {
    const Endpoint& endpoint = bound[i];
    const std::uint16_t port = endpoint.is_unix_socket() ? http::default_port(schemes[i]) : endpoint.port;
    if (endpoint.is_loopback() || endpoint.is_wildcard())
      for (const char* name : {"localhost", "127.0.0.1", "[::1]"}) add(host_text(name, port, schemes[i]));
    if (endpoint.is_wildcard()) {
      add("the address that a client connects to");
    } else if (!endpoint.is_unix_socket()) {
      const bool is_ipv6 = endpoint.family == Endpoint::Family::ipv6;
      add(host_text(is_ipv6 ? "[" + endpoint.address_text() + "]" : endpoint.address_text(), port,
                    schemes[i]));
    }
  }
  return hosts;
}

/// "Accepted hosts: …" for the default site, and "Site …" for another one.
std::string hosts_line(const OpenSite& site, const std::vector<Endpoint>& bound,
                       const std::vector<http::Scheme>& schemes) {
  if (!site.config().is_default)
    return fmt::format("Site {}: serving files from '{}' directory", fmt::join(site.config().names, ", "),
                       shown_root(site.config()));
  std::vector<std::string> hosts = hosts_of_addresses(bound, schemes);
  hosts.insert(hosts.end(), site.config().names.begin(), site.config().names.end());
  const std::string& canonical = site.config().canonical_host;
  if (!canonical.empty() && std::ranges::find(hosts, canonical) == hosts.end()) hosts.push_back(canonical);
  return fmt::format("Accepted hosts: {} (--allow-host NAME adds one)", fmt::join(hosts, ", "));
}

std::string uploads_line(const OpenSite& site) {
  if (site.upload_directory().empty()) return "Uploads: none are taken (--uploads on takes them)";
  return fmt::format("Uploads: POST {} stores documents in '{}' directory (--uploads off takes none)",
                     site.config().upload_path, site.upload_directory());
}

/// Nothing where nobody has to prove anything.
std::string users_line(const SiteConfig& config) {
  std::vector<std::string> proofs;
  if (!config.password_file.empty())
    proofs.push_back(fmt::format("a password of '{}'", config.password_file));
  if (!config.token_file.empty()) proofs.push_back(fmt::format("a token of '{}'", config.token_file));
  if (proofs.empty()) return {};
  return fmt::format("Users: let in with {}", fmt::join(proofs, " or "));
}

bool takes_uploads_of_everybody(const std::shared_ptr<const OpenSite>& site) {
  const SiteConfig& config = site->config();
  return !site->upload_directory().empty() && !site->asks_for_secrets() &&
         config.allowed_certificates.empty();
}

bool is_reachable(const Endpoint& endpoint) { return !endpoint.is_loopback(); }

std::string page_words(const InboxConfig& inbox) {
  return inbox.page.empty() ? "" : ", with a page at " + inbox.page;
}

std::string feed_words(const InboxConfig& inbox) {
  if (inbox.feed_token_file.empty()) return "";
  return fmt::format(", with a feed for tokens of '{}'", inbox.feed_token_file);
}

std::string inbox_line(const InboxConfig& inbox) {
  if (inbox.is_disabled)
    return fmt::format("Path {}: inbox '{}' is disabled: requests are answered 410", inbox.url_path(),
                       inbox.name);
  const std::string spooled = inbox.is_spooled() ? ", and from there to " + inbox.target : "";
  const std::string place = inbox.is_in_object_store() ? "the bucket of " + inbox.target
                                                       : fmt::format("'{}' directory{}", inbox.dir, spooled);
  return fmt::format("Path {}: inbox '{}', records into {}{}{}{}{}", inbox.url_path(), inbox.name, place,
                     inbox.has_quarantine() ? ", what is no document into its quarantine" : "",
                     inbox.verify.empty() ? "" : ", signed as " + inbox.verify, feed_words(inbox),
                     page_words(inbox));
}

}  // namespace

void announce(const Config& config, const Generation& generation, const std::vector<std::string>& names,
              const std::vector<Endpoint>& bound, const std::vector<http::Scheme>& schemes,
              observe::LogWriter& log) {
  for (const std::string& name : names) log.write(Event::server_started, "HTTP Server started on " + name);
  log.write(Event::server_threads, "Thread pool size: " + std::to_string(config.server.threads));
  for (const SiteConfig& site : config.sites)
    if (site.is_default)
      log.write(Event::server_root, "Serving files from '" + shown_root(site) + "' directory");
  log.write(Event::server_stop_hint, "Press Ctrl+C to stop the server");
  log.write(Event::server_version, "Version: bobbin " BOBBIN_VERSION);
  announce_sites(generation, bound, schemes, log);
}

void announce_sites(const Generation& generation, const std::vector<Endpoint>& bound,
                    const std::vector<http::Scheme>& schemes, observe::LogWriter& log) {
  for (const auto& site : generation.sites()) {
    log.write(Event::site_hosts, hosts_line(*site, bound, schemes));
    for (const MountConfig& mount : site->config().mounts)
      log.write(Event::site_mount,
                fmt::format("Path {}: serving files from '{}' directory", mount.path, shown_root(mount)));
    log.write(Event::site_uploads, uploads_line(*site));
    for (const InboxConfig& inbox : site->config().inboxes) log.write(Event::site_inbox, inbox_line(inbox));
    if (const std::string users = users_line(site->config()); !users.empty())
      log.write(Event::site_users, users);
  }
}

std::vector<Warning> start_warnings(const Config& config, const Generation& generation,
                                    const std::vector<Endpoint>& bound, const ListenerServices& services,
                                    const Capacity& capacity, unsigned usable_cpus) {
  std::vector<Warning> warnings;
  if (config.server.threads < usable_cpus)
    warnings.push_back(
        {Event::threads_few,
         fmt::format("{} of {} CPUs are left idle by a pool of {}: --threads auto takes one for each",
                     usable_cpus - config.server.threads, usable_cpus, config.server.threads)});
  const bool takes_uploads = std::ranges::any_of(generation.sites(), takes_uploads_of_everybody);
  if (const auto open = std::ranges::find_if(bound, is_reachable); open != bound.end() && takes_uploads)
    warnings.push_back(
        {Event::uploads_open,
         fmt::format("Uploads are open to everybody who can reach {}: --uploads off, or --password-file, "
                     "--token-file or a proxy in front that asks who they are",
                     open->text())});
  if (std::ranges::any_of(generation.sites(), [](const auto& site) { return site->asks_some_for_secrets(); }))
    for (std::size_t i = 0; i < bound.size(); ++i)
      if (is_reachable(bound[i]) && services.answers_in_clear(i))
        warnings.push_back(
            {Event::secrets_in_clear,
             fmt::format(
                 "Passwords and tokens come to {} in clear text, for everybody on the way to read: see --tls",
                 bound[i].text())});
  if (capacity.connections_per_thread != config.server.connections_per_thread ||
      capacity.queue != config.server.queue)
    warnings.push_back(
        {Event::descriptor_limit_low,
         fmt::format("the limit of open files allows {} connections per thread and a queue of {}",
                     capacity.connections_per_thread, capacity.queue)});
  if (!os::openat2_is_available())
    warnings.push_back(
        {Event::links_not_followed,
         "openat2 is not available (it needs Linux 5.6 and a sandbox that allows it): no symbolic link is "
         "followed"});
  return warnings;
}

void announce_admin(const std::vector<std::string>& names, const std::vector<Endpoint>& bound,
                    observe::LogWriter& log) {
  for (const std::string& name : names)
    log.write(Event::admin_started, fmt::format("Admin: {} (/status)", name));
  for (const Endpoint& each : bound)
    if (is_reachable(each))
      log.write(
          Event::admin_open,
          fmt::format("Warning: Whoever can reach {} learns how this server is, and nobody is asked who "
                      "they are: --admin 127.0.0.1:{} keeps it to this machine",
                      each.text(), each.port));
}

void write_totals(const observe::Registry& registry, const Ending& ending, observe::LogWriter& log) {
  const auto total = [&](const observe::Metric& metric, std::string_view label = {}) {
    return registry.total(metric.name, label);
  };
  const auto responses = [&](int digit) {
    return total(server::ExchangeCounts::kRequests, observe::label("status", fmt::format("{}xx", digit)));
  };
  log.write(
      Event::server_totals,
      fmt::format(
          "Totals: {} responses (2xx {}, 3xx {}, 4xx {}, 5xx {}); connections: {} served, {} rejected, "
          "{} drained, {} cut; documents: {} stored",
          responses(2) + responses(3) + responses(4) + responses(5), responses(2), responses(3), responses(4),
          responses(5), total(server::ExchangeCounts::kClosed), total(server::Acceptor::kRejected),
          ending.drained, ending.cut, total(store::UploadReport::kStored)));
}

void write_warnings(const std::vector<Warning>& warnings, observe::LogWriter& log) {
  for (const Warning& warning : warnings) log.write(warning.event, "Warning: " + warning.text);
}

}  // namespace bobbin::app
