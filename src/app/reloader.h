#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/client_limits.h"
#include "app/config.h"
#include "app/generation.h"
#include "app/listener_services.h"
#include "app/parse_configuration.h"
#include "app/sandbox.h"
#include "app/server_parts.h"
#include "app/server_view.h"
#include "app/settled_change.h"
#include "base/endpoint.h"
#include "observe/log.h"
#include "server/pool.h"

namespace bobbin::app {

/// Where the name of a root or of a mount leads now, compared with the directory that is open.
enum class RootState : std::uint8_t {
  same,
  elsewhere,
  forbidden,  ///< to what this process may not open
  gone,
};
[[nodiscard]] RootState root_state(const OpenSite::ServedRoot& served);

/// Makes new generations while the server runs, and hands each to the workers once it is complete. When one
/// cannot be made, the log says why, and the old one stays. Thread: the main thread's.
class Reloader {
 public:
  using Parse = std::function<ParseOutcome()>;

  /// `config` is the configuration with which the server was started. All references outlive this object.
  Reloader(Config config, std::shared_ptr<const Generation> generation, std::vector<Endpoint> bound,
           Parse parse, executor::Executor& executor, const ServerParts& server, ListenerServices& services,
           ClientLimiting& client_limiting, server::WorkerPool& pool, ServerView& view,
           const Sandbox& sandbox, observe::LogWriter& log);

  /// Reads the configuration again and opens everything anew; called for SIGHUP.
  void reload();
  /// Looks where the names of the roots lead, and logs what has changed since the last call. Where a site
  /// follows its root, the directory to which the name leads now is served from then on.
  void follow_roots();

  /// Puts certificates into force whose files have changed, and warns of those that expire.
  void follow_certificates() { services_.follow(config_, wall_now(), monotonic_now(), log_); }

  /// Puts passwords, tokens, redirects and pages for errors into force whose files have changed. When one is
  /// broken, the log says why, and the old ones stay.
  void follow_files();

  /// Those of the generation that is in force.
  [[nodiscard]] Networks trusted_proxies() const { return generation_->trusted_proxies(); }
  /// The configuration that is in force.
  [[nodiscard]] const Config& config() const { return config_; }

 private:
  void install(std::shared_ptr<const Generation> generation);
  void note_reload(bool succeeded);
  void report(const std::string& root, RootState state, bool is_followed);
  void forget_reports();

  Config config_;
  std::shared_ptr<const Generation> generation_;
  SettledChange files_change_;
  std::vector<std::vector<RootState>> reported_;  // for each root of each site, what the log has told last
  const std::vector<Endpoint> bound_;
  const Parse parse_;
  executor::Executor& executor_;
  const ServerParts server_;
  ListenerServices& services_;
  ClientLimiting& client_limiting_;
  server::WorkerPool& pool_;
  ServerView& view_;
  const Sandbox& sandbox_;
  observe::Gauge& last_reload_succeeded_;
  observe::Gauge& last_reload_;
  observe::LogWriter& log_;
};

/// Returns `wanted`, except that options which only another process can have keep their values of `running`.
/// The names of those that were to change are appended to `kept`.
[[nodiscard]] Config reloaded(const Config& running, const Config& wanted, std::vector<std::string>& kept);

}  // namespace bobbin::app
