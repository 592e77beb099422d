#include "app/doctor.h"

#include <cerrno>
#include <cstdlib>
#include <fmt/format.h>
#include <iterator>
#include <string>
#include <utility>

#include "app/audit.h"
#include "app/bucket_roots.h"
#include "app/check.h"
#include "app/command_output.h"
#include "app/listeners.h"
#include "app/object_store_access.h"
#include "app/option_values.h"
#include "app/start_failure.h"
#include "app/upload_folders.h"
#include "doctor/folder_findings.h"
#include "doctor/machine_findings.h"
#include "object_store/probe.h"
#include "server/acceptor.h"

namespace bobbin::app {
namespace {

using doctor::Finding;
using doctor::Findings;
using Severity = Finding::Severity;

void append(Findings& findings, Findings more) { std::ranges::move(more, std::back_inserter(findings)); }

doctor::Requirements requirements_of(const Config& config) {
  const ServerConfig& server = config.server;
  const std::uint64_t connections =
      std::uint64_t{server.threads} * server.connections_per_thread + server.queue;
  bool takes_documents = false;
  for (const SiteConfig& site : config.sites) takes_documents |= takes_uploads(site) || !site.inboxes.empty();
  return {.threads = server.threads,
          .is_automatic = server.threads_follow_cpus,
          .connections = connections,
          .descriptors = connections + descriptors_needed(server),
          .memory_bytes = server.cache_memory + (takes_documents ? server.upload_memory : 0),
          .takes_documents = takes_documents};
}

Findings look_at_configuration(const Config& config) {
  const auto checked = check_everything(config);
  if (!checked)
    return {{Severity::problem, "configuration", checked.error(), "the server does not start with it"}};
  Findings findings{{Severity::fine, "configuration", "everything that it names can be used"}};
  for (const Warning& warning : *checked)
    findings.push_back(
        {Severity::advice, "certificates", warning.text, "renew it, or see --tls-certificate"});
  return findings;
}

/// A port that is taken is no fault where the server runs already.
Finding finding_of(const Endpoint& endpoint, const Result<server::Listener>& listener) {
  const std::string about = "port " + endpoint.text();
  if (listener) return {Severity::fine, about, "it is free, and this user may listen there"};
  switch (listener.error().code) {
    case EADDRINUSE:
      return {Severity::advice, about, "a program listens there already",
              "nothing, when that is this server; else stop it, or choose another --port"};
    case EACCES:
      return {Severity::problem, about, "this user may not listen there",
              "AmbientCapabilities=CAP_NET_BIND_SERVICE in a unit, --user where root starts it, or a port "
              "from 1024 on"};
    case EADDRNOTAVAIL:
      return {Severity::problem, about, "this machine has no such address",
              "ip address shows those that it has"};
    default: return {Severity::problem, about, listener.error().message()};
  }
}

Findings look_at_ports(const Config& config) {
  Findings findings;
  for (const ListenerConfig& listener : config.listeners)
    for (const std::string& bind : listener.binds) {
      const std::string_view text = bind;
      if (text.starts_with(kUnixPrefix) || text.starts_with(kPassedPrefix) || listener.port == 0) continue;
      const Endpoint endpoint = endpoint_of(bind, listener.port);
      findings.push_back(finding_of(endpoint, server::listen(endpoint)));
    }
  return findings;
}

Findings look_at_folders(const Config& config) {
  Findings findings;
  for (const SiteConfig& site : config.sites) {
    if (takes_uploads(site)) append(findings, doctor::look_at_folder("uploads", upload_directory_of(site)));
    for (const InboxConfig& inbox : site.inboxes)
      if (!inbox.is_disabled && !inbox.is_in_object_store())
        append(findings, doctor::look_at_folder("inbox " + inbox.name, inbox.dir));
  }
  return findings;
}

/// The bucket of a location of the store that is reached by `store`. The error is the end of a sentence.
Result<object_store::Bucket, std::string> open_bucket(
    const Result<object_store::BucketAccess, std::string>& store, const object_store::Location& location) {
  if (!store) return failure(store.error());
  return store->at(location).open([] { return false; });
}

constexpr const char* kStoreRemedy =
    "see docs/object-store.md: the options that begin with s3_, and the variables of AWS";

/// Reads what may be there and may not, and changes nothing.
Finding look_at_target(const InboxConfig& inbox,
                       const Result<object_store::BucketAccess, std::string>& store) {
  const std::string about = "inbox " + inbox.name;
  const auto problem = [&](const std::string& reason) {
    return Finding{Severity::problem, about, fmt::format("{} cannot be used: {}", inbox.target, reason),
                   kStoreRemedy};
  };
  const object_store::Location location = *object_store::parse_location(inbox.target);
  auto bucket = open_bucket(store, location);
  if (!bucket) return problem(bucket.error());
  const auto probe = bucket->read(location.key_of(object_store::kProbeName), 0);
  if (!probe) return problem(probe.error().reason);
  return {Severity::fine, about, inbox.target + " can be read"};
}

/// Lists one page of what a site serves.
Finding look_at_bucket(const object_store::Location& location,
                       const Result<object_store::BucketAccess, std::string>& store) {
  const std::string about = "root " + location.text();
  const auto problem = [&](const std::string& reason) {
    return Finding{Severity::problem, about, "the bucket cannot be listed: " + reason, kStoreRemedy};
  };
  auto bucket = open_bucket(store, location);
  if (!bucket) return problem(bucket.error());
  const auto page = bucket->list({.prefix = location.prefix, .is_deep = true});
  if (!page) return problem(page.error().reason);
  if (!page->keys.empty()) return {Severity::fine, about, "the bucket can be listed, and has objects there"};
  return {Severity::advice, about,
          "the bucket can be listed, and has no object there, so everything is a 404",
          "upload what is to be served, or correct the bucket and the prefix"};
}

Findings look_at_object_store(const Config& config) {
  Findings findings;
  // One for all, so that credentials are asked for once.
  const auto store = access_to({}, config.server);
  for (const SiteConfig& site : config.sites)
    for (const InboxConfig& inbox : site.inboxes)
      if (!inbox.is_disabled && !inbox.target.empty()) findings.push_back(look_at_target(inbox, store));
  for (const object_store::Mirrored& each : mirrored_in(config))
    findings.push_back(look_at_bucket(each.location, store));
  return findings;
}

Findings look_at_secrets(const Config& config) {
  Findings findings;
  const auto look = [&findings](const char* about, const std::string& file) {
    if (!file.empty()) append(findings, doctor::look_at_secret(about, file));
  };
  look("--tls-ticket-keys", config.server.tls_ticket_keys);
  look("--s3-credentials-file", config.server.s3_credentials_file);
  for (const ListenerConfig& listener : config.listeners)
    for (const std::string& key : listener.keys) look("--tls-key", key);
  for (const SiteConfig& site : config.sites) {
    for (const std::string& key : site.keys) look("key", key);
    look("--password-file", site.password_file);
    look("--token-file", site.token_file);
    for (const InboxConfig& inbox : site.inboxes) {
      look("secret_file", inbox.secret_file);
      look("token_file", inbox.token_file);
      look("feed_token_file", inbox.feed_token_file);
    }
  }
  return findings;
}

}  // namespace

int doctor(const Doctor& request) {
  print_warnings(request.warnings);
  Findings findings = doctor::judge(doctor::this_machine(), requirements_of(request.config));
  append(findings, look_at_configuration(request.config));
  append(findings, look_at_ports(request.config));
  append(findings, look_at_folders(request.config));
  append(findings, look_at_object_store(request.config));
  append(findings, look_at_secrets(request.config));
  if (!print_report(request.as_json ? doctor::as_json(findings) : doctor::as_text(findings)))
    return kExitUsage;
  return doctor::has_problem(findings) ? kExitFlagged : EXIT_SUCCESS;
}

}  // namespace bobbin::app
