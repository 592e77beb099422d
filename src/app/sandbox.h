#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/config.h"
#include "app/start_failure.h"
#include "base/result.h"
#include "os/landlock.h"

namespace bobbin::app {

/// The files and folders that a server with this configuration needs. `config_file`: where it is written;
/// empty: nowhere.
///
/// A file stands for the folder that holds it, since it may be replaced by renaming, unless that folder holds
/// what is none of the server's business (/etc, /tmp, somebody's home). So does the root of a site that is
/// followed, and where the name is a link, what holds its target.
[[nodiscard]] os::FileGrants grants_for(const Config& config, const std::string& config_file);

/// What the process that talks to the object store (object_store/agent.h) may do, while there is one thread.
[[nodiscard]] os::FileGrants grants_of_agent(const ServerConfig& config);

/// What this process cannot do any more, whoever has taken it over. Thread: the main thread's.
class Sandbox {
 public:
  /// Confines this process to what the configuration needs of files, unless that is switched off or is not
  /// possible; a failure where it is required. Folders that take documents are made when they are missing,
  /// since what is granted must be there. Must be called before there is a second thread.
  [[nodiscard]] static Result<Sandbox, StartFailure> enter(const Config& config,
                                                           const std::string& config_file);
  /// Confines all threads to the system calls of a server that has been started.
  [[nodiscard]] Result<void, StartFailure> close();

  /// The first file or folder that this configuration needs and the sandbox does not grant.
  [[nodiscard]] std::optional<std::string> refused_of(const Config& config,
                                                      const std::string& config_file) const;

  /// Whether it is not switched off.
  [[nodiscard]] bool is_wanted() const { return mode_ != SandboxMode::off; }
  [[nodiscard]] bool confines_files() const { return grants_.has_value(); }
  [[nodiscard]] bool confines_calls() const { return confines_calls_; }
  /// Whether it can connect to nothing: either part sees to that.
  [[nodiscard]] bool confines_connections() const {
    return confines_calls_ || (confines_files() && os::landlock_confines_connections());
  }
  /// "files, connections and system calls", or "none (why)".
  [[nodiscard]] std::string text() const;

 private:
  explicit Sandbox(SandboxMode mode) : mode_(mode) {}
  [[nodiscard]] Result<void, StartFailure> failed(const std::string& what, const Error& error);

  SandboxMode mode_;
  std::optional<os::FileGrants> grants_;  // nothing: files are not confined
  bool confines_calls_ = false;
  std::string obstacle_;  // why something is missing; empty: nothing is
};

}  // namespace bobbin::app
