#include "app/reloader.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "app/announce.h"
#include "app/check_tls.h"
#include "app/followed_file.h"
#include "app/options.h"
#include "app/site_logs.h"
#include "os/directory.h"
#include "os/file.h"

namespace bobbin::app {
namespace {

using observe::Event;

constexpr observe::Metric kReloadSucceeded{
    "bobbin_config_last_reload_successful",
    "Whether the last configuration that was read could be used; the start counts as the first"};
constexpr observe::Metric kLastReload{"bobbin_config_last_reload_success_timestamp_seconds",
                                      "When the configuration in force was read"};

std::string text_of(const Option& option, const ServerConfig& server) {
  OwnTarget own{.server = server};
  return std::visit([&](const auto& kind) { return kind.text(own.target()); }, option.kind());
}

/// Sets a server option to the value that it has in `source`.
void copy_value(const Option& option, const ServerConfig& source, ServerConfig& server) {
  OwnTarget others;
  const Setting setting = setting_from_text(option, "", text_of(option, source));
  // The value is allowed, as it was in `source`.
  static_cast<void>(
      apply(setting, {server, others.listener, others.site, others.rule, others.mount, others.inbox}));
}

/// Copies what a reload can change of a listener.
void copy_certificates(const ListenerConfig& wanted, ListenerConfig& listener) {
  if (wanted.tls != listener.tls || is_secured(wanted) != is_secured(listener)) return;
  listener.certificates = wanted.certificates;
  listener.keys = wanted.keys;
  listener.tls_policy = wanted.tls_policy;
  listener.client_ca = wanted.client_ca;
  listener.client_certificates = wanted.client_certificates;
}

}  // namespace

RootState root_state(const OpenSite::ServedRoot& served) {
  const auto named = os::open_directory(served.name);
  if (!named) return named.error().code == EACCES ? RootState::forbidden : RootState::gone;
  const auto now = os::status(*named);
  const auto open = os::status(served.root.fd());
  if (!now || !open) return RootState::gone;
  return now->device == open->device && now->inode == open->inode ? RootState::same : RootState::elsewhere;
}

Config reloaded(const Config& running, const Config& wanted, std::vector<std::string>& kept) {
  Config config = wanted;
  config.server = running.server;
  config.listeners = running.listeners;
  for (const Option& option : options()) {
    if (!option.is_setting() || option.scope() != Scope::server) continue;
    if (text_of(option, wanted.server) == text_of(option, running.server)) continue;
    if (option.needs() == Option::Change::reload) {
      copy_value(option, wanted.server, config.server);
    } else {
      kept.push_back(option.flag());
    }
  }
  if (wanted.listeners.size() == running.listeners.size())
    for (std::size_t i = 0; i < running.listeners.size(); ++i)
      copy_certificates(wanted.listeners[i], config.listeners[i]);
  if (wanted.listeners != config.listeners)
    kept.emplace_back("the addresses and ports of the listeners, and which of them speak TLS");
  return config;
}

Reloader::Reloader(Config config, std::shared_ptr<const Generation> generation, std::vector<Endpoint> bound,
                   Parse parse, executor::Executor& executor, const ServerParts& server,
                   ListenerServices& services, ClientLimiting& client_limiting, server::WorkerPool& pool,
                   ServerView& view, const Sandbox& sandbox, observe::LogWriter& log)
    : config_(std::move(config)),
      generation_(std::move(generation)),
      bound_(std::move(bound)),
      parse_(std::move(parse)),
      executor_(executor),
      server_(server),
      services_(services),
      client_limiting_(client_limiting),
      pool_(pool),
      view_(view),
      sandbox_(sandbox),
      last_reload_succeeded_(server.registry.gauge(kReloadSucceeded)),
      last_reload_(server.registry.gauge(kLastReload)),
      log_(log) {
  note_reload(true);
  forget_reports();
}

void Reloader::note_reload(bool succeeded) {
  last_reload_succeeded_.set(succeeded ? 1 : 0);
  if (succeeded) last_reload_.set(std::chrono::duration_cast<seconds>(wall_now().time_since_epoch()).count());
}

void Reloader::reload() {
  const auto refuse = [this](const std::string& message) {
    log_.write(Event::reload_refused, "Reload refused, everything stays as it was: " + message);
    note_reload(false);
  };
  const ParseOutcome outcome = parse_();
  if (const auto* error = std::get_if<ConfigError>(&outcome)) return refuse(error->message);
  const auto* run = std::get_if<Run>(&outcome);
  if (run == nullptr) return;  // cannot happen: the same arguments have started the server
  // Of what is wanted, since listeners with TLS may be there only after a restart.
  if (const auto checked = check_tls(run->config); !checked) return refuse(checked.error());
  std::vector<std::string> kept;
  Config config = reloaded(config_, run->config, kept);
  for (const SiteLogFile& file : site_log_files(config)) {
    const auto running = std::ranges::find(generation_->log_files(), file.name, &SiteLogFile::name);
    if (running == generation_->log_files().end())
      kept.push_back(fmt::format("the log_file of a site to '{}'", file.name));
    else if (running->format != file.format)
      kept.push_back(fmt::format("the log_format of a site with the log_file '{}'", file.name));
  }
  if (const auto refused = sandbox_.refused_of(config, run->config_file))
    return refuse(
        fmt::format("the sandbox does not let '{}' be used; bobbin upgrade uses it "
                    "(--sandbox-path grants it beforehand)",
                    *refused));
  auto tls = services_.open(config);
  if (!tls) return refuse(tls.error());
  auto generation = Generation::create(config, bound_, executor_, &server_, generation_.get());
  if (!generation) return refuse(generation.error());
  config_ = std::move(config);
  services_.install(*std::move(tls));
  client_limiting_.apply(config_);
  install(*std::move(generation));
  forget_reports();
  note_reload(true);
  log_.write(Event::configuration_reloaded, "Configuration reloaded");
  announce_sites(*generation_, bound_, services_.schemes(), log_);
  write_warnings(services_.take_warnings(wall_now()), log_);
  if (!kept.empty())
    log_.write(Event::restart_needed,
               fmt::format("Warning: only an upgrade or a restart can change {}", fmt::join(kept, ", ")));
  write_warnings(run->warnings, log_);
}

void Reloader::follow_roots() {
  std::vector<std::size_t> moved;
  std::vector<std::string> followed;
  for (std::size_t i = 0; i < generation_->sites().size(); ++i) {
    const OpenSite& site = *generation_->sites()[i];
    const auto roots = site.roots();
    bool has_moved = false;
    for (std::size_t j = 0; j < roots.size(); ++j) {
      const RootState state = root_state(roots[j]);
      if (state == RootState::elsewhere && site.config().follow_root) {
        has_moved = true;
        followed.push_back(roots[j].name);
        reported_[i][j] = RootState::same;
      } else if (state != std::exchange(reported_[i][j], state)) {
        report(roots[j].name, state, site.config().follow_root);
      }
    }
    if (has_moved) moved.push_back(i);
  }
  if (moved.empty()) return;
  auto generation = generation_->with_roots_opened_anew(moved);
  // On failure the name has changed again meanwhile, which the next call will find out.
  if (!generation) return;
  install(*std::move(generation));
  for (const std::string& name : followed) report(name, RootState::elsewhere, true);
}

void Reloader::follow_files() {
  std::size_t found = 0, used = 0;
  for (const auto& site : generation_->sites()) {
    found = joined_fingerprint(found, site->fingerprint_now());
    used = joined_fingerprint(used, site->fingerprint());
  }
  if (!files_change_.is_due(found, used)) return;
  auto generation = generation_->with_files_read_anew();
  if (!generation)
    return log_.write(
        Event::files_refused,
        "Passwords, tokens, redirects or error pages have changed, but the old ones stay in use: " +
            generation.error());
  install(*std::move(generation));
  log_.write(Event::files_reloaded,
             "Passwords, tokens, redirects or error pages have changed and are in use");
}

void Reloader::install(std::shared_ptr<const Generation> generation) {
  generation_ = std::move(generation);
  pool_.replace_handler(Generation::handler(generation_));
  view_.describe(*generation_);
  server_.folders.tick();
  server_.object_inboxes.tick();
  server_.bucket_sites.tick();
  server_.folders.end_readers();
}

void Reloader::forget_reports() {
  reported_.clear();
  for (const auto& site : generation_->sites()) reported_.emplace_back(site->roots().size(), RootState::same);
}

void Reloader::report(const std::string& name, RootState state, bool is_followed) {
  const std::string root = "The root '" + name + "' ";
  switch (state) {
    case RootState::same: return log_.write(Event::root_found, root + "leads to the served directory again");
    case RootState::forbidden:
      return log_.write(
          Event::root_forbidden,
          "Warning: " + root +
              "leads to what this process may not open, by its permissions or by the sandbox; the "
              "directory that it led to is served on");
    case RootState::gone:
      return log_.write(
          Event::root_missing,
          "Warning: " + root + "leads nowhere any more; the directory that it led to is served on");
    case RootState::elsewhere:
      return log_.write(Event::root_moved,
                        root + "leads to another directory" +
                            (is_followed ? ", which is served from now on" : "; SIGHUP changes over to it"));
  }
}

}  // namespace bobbin::app
