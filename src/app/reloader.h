#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/generation.h"
#include "app/parse_configuration.h"
#include "app/upload_folders.h"
#include "base/endpoint.h"
#include "observe/log.h"
#include "server/pool.h"

namespace bobbin::app {

/// Where the name of a root leads, compared with the directory that is open.
enum class RootState : std::uint8_t { same, elsewhere, gone };
[[nodiscard]] RootState root_state(const OpenSite& site);

/// Makes new generations while the server runs, and hands each to the workers once it is complete; or says
/// what is wrong, and the old one goes on. Thread: the main thread's.
class Reloader {
 public:
  using Parse = std::function<ParseOutcome()>;

  /// `config` is what the server was started with. All references outlive this.
  Reloader(Config config, std::shared_ptr<const Generation> generation, std::vector<Endpoint> bound,
           Parse parse, executor::Executor& executor, UploadFolders& folders, server::WorkerPool& pool,
           observe::LogWriter& log);

  /// SIGHUP: reads the configuration again and opens everything anew.
  void reload();
  /// Looks where the names of the roots lead, says what has changed since the last call, and changes over
  /// where the site follows its root.
  void follow_roots();

  /// What holds now.
  [[nodiscard]] const Config& config() const { return config_; }

 private:
  void install(std::shared_ptr<const Generation> generation);
  void report(const OpenSite& site, RootState state);

  Config config_;
  std::shared_ptr<const Generation> generation_;
  std::vector<RootState> reported_;  // of each site
  const std::vector<Endpoint> bound_;
  const Parse parse_;
  executor::Executor& executor_;
  UploadFolders& folders_;
  server::WorkerPool& pool_;
  observe::LogWriter& log_;
};

/// `wanted`, but for what cannot change while the server runs, which stays as in `running`. The names of what
/// was kept against the wish are appended to `kept`.
[[nodiscard]] Config reloaded(const Config& running, const Config& wanted, std::vector<std::string>& kept);

}  // namespace bobbin::app
