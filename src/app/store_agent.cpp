#include "app/store_agent.h"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/bucket_roots.h"
#include "app/object_store_access.h"
#include "app/parse_configuration.h"
#include "app/sandbox.h"
#include "object_store/bucket.h"
#include "object_store/bucket_source.h"
#include "object_store/presigned_url.h"
#include "os/landlock.h"
#include "os/process.h"

namespace bobbin::app {
namespace {

using object_store::Agent;
using object_store::Location;

constexpr milliseconds kSlack = seconds(10);

std::vector<Location> targets_of(const Config& config) {
  std::vector<Location> targets;
  for (const SiteConfig& site : config.sites)
    for (const InboxConfig& inbox : site.inboxes)
      if (!inbox.is_disabled && inbox.is_in_object_store())
        targets.push_back(*object_store::parse_location(inbox.target));
  return targets;
}

/// What presigns for clients. Empty: none are sent to the store. The error is a message.
Result<decltype(object_store::Mirrors::Settings::presign), std::string> presigner(
    const ServerConfig& config, const object_store::BucketAccess& access) {
  if (config.s3_redirect_from == 0) return {};
  auto clients = TRY(access_of_clients_to({}, config));
  clients.credentials = access.credentials;
  const auto lifetime = std::chrono::floor<seconds>(config.s3_redirect_expiry);
  return [clients = std::move(clients), lifetime](
             const Location& location, std::string_view key,
             const object_store::Presentation& presentation) -> Result<std::string, std::string> {
    const auto credentials =
        TRY(clients.credentials->get(nullptr, [] { return false; })
                .map_error([](const object_store::Trouble& trouble) { return trouble.reason; }));
    return object_store::presigned_url(clients.at(location).settings, key, presentation, credentials,
                                       lifetime, wall_now());
  };
}

Result<void, StartFailure> make_cache_folders_of(const SiteConfig& site) {
  const auto unusable = [](const std::string& message) { return StartFailure{message, kExitUsage}; };
  if (!site.bucket.empty()) TRY(make_cache_folders(site.root).map_error(unusable));
  for (const MountConfig& mount : site.mounts)
    if (!mount.bucket.empty()) TRY(make_cache_folders(mount.root).map_error(unusable));
  return {};
}

}  // namespace

Result<std::shared_ptr<Agent>, StartFailure> start_agent(const Config& config) {
  std::vector<Location> targets = targets_of(config);
  std::vector<object_store::Mirrored> mirrored = mirrored_in(config);
  if (targets.empty() && mirrored.empty()) return nullptr;
  const ServerConfig& server = config.server;
  const auto as_usage = [](const std::string& message) { return StartFailure{message, kExitUsage}; };
  // What is made from it shares its credentials.
  const auto access = TRY(access_to({}, server).map_error(as_usage));
  auto presign = TRY(presigner(server, access).map_error(as_usage));
  for (const SiteConfig& site : config.sites) TRY(make_cache_folders_of(site));
  Agent::Settings settings{
      .targets = std::move(targets),
      .connections = server.s3_connections,
      .patience = 2 * server.s3_timeout + kSlack,
      .mirrors = {.locations = std::move(mirrored),
                  .refresh = server.s3_refresh,
                  .most_bytes = server.s3_cache_size,
                  .presign = std::move(presign)},
      .open_mirror = [access](const Location& location, object_store::Mirrors::IsToEnd is_to_end)
          -> Result<std::unique_ptr<object_store::ObjectSource>, std::string> {
        return std::make_unique<object_store::BucketSource>(
            TRY(access.at(location).open(std::move(is_to_end))));
      }};
  os::FileGrants grants = grants_of_agent(server);
  for (const object_store::Mirrored& each : settings.mirrors.locations)
    grants.writable.push_back(each.directory);
  // Before Linux 5.19 nothing that is confined may move a file from one folder to another.
  const bool may_move_files = settings.mirrors.locations.empty() || os::landlock_version() != 1;
  if (server.sandbox != SandboxMode::off && may_move_files)
    // Where the kernel cannot, the server says so of itself.
    settings.prepare = [grants = std::move(grants)] {
      const auto confined = os::confine_files(grants);
      static_cast<void>(confined);
    };
  const Agent::Open open =
      [access](const Location& target) -> Result<std::unique_ptr<object_store::Objects>, std::string> {
    return std::make_unique<object_store::Bucket>(TRY(access.at(target).open([] { return false; })));
  };
  return Agent::start(std::move(settings), open).map_error([&](const Error& error) {
    return refused_by_system("cannot start the process that talks to the object store", error, server);
  });
}

}  // namespace bobbin::app
