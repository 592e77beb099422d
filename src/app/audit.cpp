#include "app/audit.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/command_output.h"
#include "app/generation.h"
#include "app/options.h"
#include "app/places.h"
#include "app/private_files.h"
#include "audit/auditor.h"
#include "base/ascii.h"
#include "http/host_policy.h"
#include "http/router.h"
#include "os/directory.h"

namespace bobbin::app {
namespace {

/// A site alone, which answers whatever host is asked for.
std::unique_ptr<http::Router> router_of(http::Site site) {
  std::vector<http::HostPolicy::Allowed> everything;
  if (auto any = http::HostPolicy::parse_allowed("*")) everything.push_back(*std::move(any));
  site.hosts = http::HostPolicy(std::move(everything), http::HostPolicy::Addresses::none);
  std::vector<http::Site> sites;
  sites.push_back(std::move(site));
  return std::make_unique<http::Router>(std::move(sites), std::vector<Endpoint>{});
}

http::Site without_filters(http::Site site) {
  site.filters.clear();
  return site;
}

/// "www" for the root /srv/www; "example.org" and "example" for the host.
audit::SiteWords words_of(const OpenSite& site) {
  audit::SiteWords words;
  for (const auto& served : site.roots())
    words.push_back(lowercase(std::filesystem::path(canonical(served.name)).filename().string()));
  for (const std::string& name : site.config().names) {
    std::string host = lowercase(name.substr(0, name.find(':')));
    if (host.starts_with("*.")) host.erase(0, 2);
    words.push_back(host.substr(0, host.find('.')));
    words.push_back(std::move(host));
  }
  return words;
}

class OurFiles {
 public:
  void add(const std::string& option, const std::string& name) {
    if (name.empty()) return;
    const std::filesystem::path place(canonical(name));
    const auto folder = os::open_directory(place.parent_path().string());
    if (!folder) return;
    const auto status = os::status_at(*folder, place.filename().string());
    if (status) files_.push_back({option, status->device, status->inode});
  }
  [[nodiscard]] std::vector<audit::OurFile> take() && { return std::move(files_); }

 private:
  std::vector<audit::OurFile> files_;
};

/// The files that the configuration names and that nobody but the server should see.
std::vector<audit::OurFile> our_files(const Config& config, const std::string& configuration_file) {
  OurFiles files;
  files.add("--config", configuration_file);
  files.add("--log-file", config.server.log_file);
  files.add("--error-log", config.server.error_log);
  for (const SiteConfig& site : config.sites) files.add("log_file", site.log_file);
  for (const PrivateFile& file : private_files_of(config)) files.add(file.option, file.name);
  return std::move(files).take();
}

audit::SiteReport report_of(const OpenSite& site, const std::vector<audit::OurFile>& ours, bool keeps_urls) {
  const auto asked = router_of(site.routes());
  const auto contents = router_of(without_filters(site.routes()));
  audit::AuditedSite audited{.title = site.title(),
                             .folders = {},
                             .site = asked.get(),
                             .contents = contents.get(),
                             .hidden = site.hidden_names(),
                             .words = words_of(site)};
  for (const OpenSite::ServedFolder& folder : site.folders())
    audited.folders.push_back({{folder.url_path, folder.name}, &folder.root, folder.hides_others});
  return audit::Auditor(audited, ours, keeps_urls).report();
}

/// What an audit does not need, or what would keep it from seeing things as they are.
Config for_reading_files(Config config) {
  config.server.threads = 1;
  config.server.cache_memory = 0;
  for (SiteConfig& site : config.sites) site.etag = files::TagSource::file;  // nothing is read for it
  return config;
}

}  // namespace

int audit(const Audit& request) {
  print_warnings(request.warnings);
  const Config config = for_reading_files(request.config);
  executor::Executor executor;  // it has no thread, since nobody waits for a content
  const auto generation = Generation::create(config, {}, executor, nullptr, nullptr);
  if (!generation) {
    print_failure(generation.error());
    return kExitUsage;
  }
  const std::vector<audit::OurFile> ours = our_files(config, request.subject);
  std::vector<audit::SiteReport> reports;
  for (const auto& site : (*generation)->sites())
    reports.push_back(report_of(*site, ours, request.shows_all));
  const std::string text =
      request.as_json ? audit::as_json(reports) : audit::as_text(reports, request.shows_all);
  if (!print_report(text)) return kExitUsage;
  return audit::count_findings(reports) == 0 ? EXIT_SUCCESS : kExitFlagged;
}

}  // namespace bobbin::app
