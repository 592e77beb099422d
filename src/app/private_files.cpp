#include "app/private_files.h"

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <utility>

#include "app/open_authentication.h"
#include "app/open_inboxes.h"
#include "app/option_values.h"
#include "app/places.h"
#include "app/variables_of_aws.h"
#include "files/hidden_names.h"

namespace bobbin::app {
namespace {

class PrivateFiles {
 public:
  void add(std::string option, const std::string& name) {
    if (!name.empty()) files_.push_back({std::move(option), name});
  }
  /// Where there are no keys, the files of the certificates hold them.
  void add_pairs(const std::string& certificate, const std::vector<std::string>& certificates,
                 const std::string& key, const std::vector<std::string>& keys) {
    for (const std::string& name : keys.empty() ? certificates : keys)
      add(keys.empty() ? certificate : key, name);
  }
  void add_secrets(const SecretsConfig& secrets) {
    add(secrets.password_option, secrets.password_file);
    add(secrets.token_option, secrets.token_file);
  }
  [[nodiscard]] std::vector<PrivateFile> take() && { return std::move(files_); }

 private:
  std::vector<PrivateFile> files_;
};

bool uses_object_store(const SiteConfig& site) {
  const auto lies_in_bucket = [](const MountConfig& mount) { return !mount.bucket.empty(); };
  const auto has_target = [](const InboxConfig& inbox) { return !inbox.target.empty(); };
  return !site.bucket.empty() || std::ranges::any_of(site.mounts, lies_in_bucket) ||
         std::ranges::any_of(site.inboxes, has_target);
}

void add_credentials(PrivateFiles& files, const Config& config) {
  files.add("--s3-credentials-file", config.server.s3_credentials_file);
  if (!config.server.s3_credentials_file.empty()) return;
  if (std::ranges::none_of(config.sites, uses_object_store)) return;
  for (const char* const name : {"AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
                                 "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"})
    files.add(name, found({}, {name}, {}).value);
  if (const std::string home = found({}, {"HOME"}, {}).value; !home.empty())
    files.add("HOME", home + "/.aws/credentials");
}

/// Directories of which the site serves whatever is in them, but for hidden names.
std::vector<std::string> served_whole(const SiteConfig& site) {
  std::vector<std::string> served{site.root};
  for (const MountConfig& mount : site.mounts) served.push_back(mount.root);
  if (!site.acme_challenges.empty()) served.push_back(site.acme_challenges);
  return served;
}

}  // namespace

std::vector<PrivateFile> private_files_of(const Config& config) {
  PrivateFiles files;
  files.add("--tls-ticket-keys", config.server.tls_ticket_keys);
  add_credentials(files, config);
  for (const ListenerConfig& listener : config.listeners)
    files.add_pairs("--tls-certificate", listener.certificates, "--tls-key", listener.keys);
  for (const SiteConfig& site : config.sites) {
    files.add_pairs("certificate of a [[site]]", site.certificates, "key of a [[site]]", site.keys);
    files.add_secrets(secrets_of(site));
    for (const RuleConfig& rule : site.rules) files.add_secrets(secrets_of(rule));
    for (const InboxConfig& inbox : site.inboxes)
      files.add(name_of(inbox) + ": secret_file", inbox.secret_file);
  }
  return std::move(files).take();
}

Result<void, std::string> check_private_files(const std::vector<PrivateFile>& files,
                                              const std::vector<const SiteConfig*>& sites) {
  std::vector<std::string> places;
  places.reserve(files.size());
  for (const PrivateFile& file : files) places.push_back(canonical(file.name));
  for (const SiteConfig* const site : sites) {
    const files::HiddenNames hidden(path_patterns_of(site->included_hidden));
    for (const std::string& name : served_whole(*site)) {
      const std::string served = canonical(name);
      const auto found = std::ranges::find_if(
          places, [&](const std::string& place) { return !path_in_root(place, served, hidden).empty(); });
      if (found == places.end()) continue;
      const PrivateFile& file = files[static_cast<std::size_t>(found - places.begin())];
      return failure(
          fmt::format("{}: \"{}\" lies where clients could fetch it; a place outside of \"{}\" is needed",
                      file.option, file.name, name));
    }
  }
  return {};
}

}  // namespace bobbin::app
