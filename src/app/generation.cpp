#include "app/generation.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "app/open_inboxes.h"
#include "app/option_values.h"
#include "app/site_logs.h"
#include "http/filters/error_page.h"
#include "http/filters/known_methods.h"
#include "http/media_type.h"
#include "os/file.h"

namespace bobbin::app {
namespace {

std::vector<http::Site> routes_of(const std::vector<std::shared_ptr<const OpenSite>>& sites) {
  std::vector<http::Site> result;
  result.reserve(sites.size());
  for (const auto& site : sites) result.push_back(site->routes());
  return result;
}

/// The filters around every response of the server, whichever site it comes from.
http::FilteredHandler::Filters filters_of_all_sites(const std::string& server_name,
                                                    const std::shared_ptr<const http::Filter>& client_limit) {
  http::FilteredHandler::Filters filters;
  if (client_limit != nullptr) filters.push_back(client_limit);
  filters.push_back(std::make_unique<http::filters::KnownMethods>());
  filters.push_back(std::make_unique<http::filters::ErrorPage>(server_name));
  return filters;
}

/// The site of the generation before that had the same root under the same names; null: there was none.
const OpenSite* site_like(const SiteConfig& config, const Generation* predecessor) {
  if (predecessor == nullptr) return nullptr;
  const auto found = std::ranges::find_if(predecessor->sites(), [&](const auto& site) {
    return site->config().is_default == config.is_default && site->config().names == config.names &&
           site->config().root == config.root;
  });
  return found == predecessor->sites().end() ? nullptr : found->get();
}

std::optional<http::ProxyTrust> trust_in(const ServerConfig& config) {
  if (config.trusted_proxies.empty()) return std::nullopt;
  return http::ProxyTrust{.proxies = networks_of(config.trusted_proxies),
                          .address_from = config.client_address_from,
                          .scheme_from = config.client_proto_from,
                          .host_from = config.client_host_from};
}

Result<void, std::string> check_trust(const Config& config) {
  const bool needs_proxies = std::ranges::any_of(config.listeners, &ListenerConfig::proxy_protocol);
  if (!needs_proxies || !config.server.trusted_proxies.empty()) return {};
  return failure(
      std::string("--proxy-protocol: \"on\" is not possible without --trusted-proxies, which names those "
                  "that may connect"));
}

/// The built-in table covers the types of the web. The system's list adds to it, and may be missing unless
/// the operator has named one.
Result<std::shared_ptr<const http::MediaTypes>, std::string> media_types(const std::string& file) {
  auto types = std::make_shared<http::MediaTypes>();
  const auto text = os::read_file(file);
  if (!text && file != ServerConfig().mime_types)
    return failure(fmt::format("--mime-types: \"{}\" cannot be read: {}", file, text.error().message()));
  if (text) types->add_mime_types(*text);
  return types;
}

}  // namespace

Result<std::shared_ptr<const Generation>, std::string> Generation::create(const Config& config,
                                                                          const std::vector<Endpoint>& bound,
                                                                          executor::Executor& executor,
                                                                          const ServerParts* server,
                                                                          const Generation* predecessor) {
  TRY(check_trust(config));
  TRY(check_inboxes(config));
  auto private_files = private_files_of(config);
  std::vector<const SiteConfig*> configs;
  configs.reserve(config.sites.size());
  for (const SiteConfig& site : config.sites) configs.push_back(&site);
  TRY(check_private_files(private_files, configs));
  // Sites share the memory for cached files evenly.
  const OpenSite::Shared shared{
      .types = TRY(media_types(config.server.mime_types)),
      .executor = executor,
      .workers = config.server.threads,
      .cache_bytes = config.server.cache_memory / config.sites.size(),
      .max_upload_bytes = config.server.max_upload,
      .commit_timeout = config.server.commit_timeout,
      .stall_timeout = config.server.stall_timeout,
      .server = server,
      .answers_health = config.server.health,
      .logs_health = config.server.log_health,
      .redirects_to_https = std::ranges::any_of(config.listeners, &ListenerConfig::redirects_to_https),
      .redirected_bytes = config.server.s3_redirect_from,
      .log_files = predecessor != nullptr ? predecessor->log_files() : site_log_files(config)};
  std::vector<std::shared_ptr<const OpenSite>> sites;
  sites.reserve(config.sites.size());
  for (const SiteConfig& site : config.sites)
    sites.push_back(TRY(OpenSite::open(site, shared, site_like(site, predecessor))));
  auto client_limit = server == nullptr ? nullptr : server->client_limiting.filter_for(config);
  return std::shared_ptr<const Generation>(new Generation(std::move(sites), bound, config.server.server_name,
                                                          trust_in(config.server), std::move(client_limit),
                                                          std::move(private_files)));
}

Result<std::shared_ptr<const Generation>, std::string> Generation::with_roots_opened_anew(
    const std::vector<std::size_t>& moved) const {
  std::vector<std::shared_ptr<const OpenSite>> sites = sites_;
  for (const std::size_t index : moved) sites[index] = TRY(sites_[index]->with_root_opened_anew());
  return std::shared_ptr<const Generation>(
      new Generation(std::move(sites), bound_, server_name_, trust_, client_limit_, private_files_));
}

Result<std::shared_ptr<const Generation>, std::string> Generation::with_files_read_anew() const {
  // Links may lead elsewhere by now.
  std::vector<const SiteConfig*> configs;
  configs.reserve(sites_.size());
  for (const auto& site : sites_) configs.push_back(&site->config());
  TRY(check_private_files(private_files_, configs));
  std::vector<std::shared_ptr<const OpenSite>> sites = sites_;
  for (auto& site : sites) site = TRY(site->with_files_read_anew());
  return std::shared_ptr<const Generation>(
      new Generation(std::move(sites), bound_, server_name_, trust_, client_limit_, private_files_));
}

Generation::Generation(std::vector<std::shared_ptr<const OpenSite>> sites, const std::vector<Endpoint>& bound,
                       const std::string& server_name, const std::optional<http::ProxyTrust>& trust,
                       std::shared_ptr<const http::Filter> client_limit,
                       std::vector<PrivateFile> private_files)
    : sites_(std::move(sites)),
      bound_(bound),
      server_name_(server_name),
      trust_(trust),
      client_limit_(std::move(client_limit)),
      private_files_(std::move(private_files)),
      handler_(filters_of_all_sites(server_name, client_limit_),
               std::make_shared<const http::Router>(routes_of(sites_), bound, trust)) {}

}  // namespace bobbin::app
