#include "app/generation.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "http/filters/error_page.h"
#include "http/filters/known_methods.h"
#include "http/filters/no_sniffing.h"
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
http::FilteredHandler::Filters filters_of_all_sites(const std::string& server_name) {
  http::FilteredHandler::Filters filters;
  filters.push_back(std::make_unique<http::filters::KnownMethods>());
  filters.push_back(std::make_unique<http::filters::NoSniffing>());
  filters.push_back(std::make_unique<http::filters::ErrorPage>(server_name));
  return filters;
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
                                                                          UploadFolders* folders) {
  // Sites share the memory for cached files evenly.
  const OpenSite::Shared shared{
      .types = TRY(media_types(config.server.mime_types)),
      .executor = executor,
      .workers = config.server.threads,
      .cache_bytes = config.server.cache_memory / config.sites.size(),
      .max_upload_bytes = config.server.max_upload,
      .commit_timeout = config.server.commit_timeout,
      .redirects_to_https = std::ranges::any_of(config.listeners, &ListenerConfig::redirects_to_https)};
  std::vector<std::shared_ptr<const OpenSite>> sites;
  sites.reserve(config.sites.size());
  for (const SiteConfig& site : config.sites) sites.push_back(TRY(OpenSite::open(site, shared, folders)));
  return std::shared_ptr<const Generation>(
      new Generation(std::move(sites), bound, config.server.server_name));
}

Result<std::shared_ptr<const Generation>, std::string> Generation::with_roots_opened_anew(
    const std::vector<std::size_t>& moved) const {
  std::vector<std::shared_ptr<const OpenSite>> sites = sites_;
  for (const std::size_t index : moved) sites[index] = TRY(sites_[index]->with_root_opened_anew());
  return std::shared_ptr<const Generation>(new Generation(std::move(sites), bound_, server_name_));
}

Generation::Generation(std::vector<std::shared_ptr<const OpenSite>> sites, const std::vector<Endpoint>& bound,
                       const std::string& server_name)
    : sites_(std::move(sites)),
      bound_(bound),
      server_name_(server_name),
      handler_(filters_of_all_sites(server_name),
               std::make_shared<const http::Router>(routes_of(sites_), bound)) {}

}  // namespace bobbin::app
