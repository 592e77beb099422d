#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "admin/admin_handler.h"
#include "app/config.h"
#include "base/result.h"
#include "observe/log.h"
#include "observe/registry.h"
#include "os/fd.h"
#include "server/acceptor.h"
#include "server/pool.h"

namespace bobbin::app {

/// Serves the admin listeners with a worker of their own, so that they answer however busy the others are.
/// Its exchanges are neither logged nor counted. Thread: the main thread's.
class AdminServer {
 public:
  /// All references outlive it.
  [[nodiscard]] static Result<std::unique_ptr<AdminServer>> start(
      const ServerConfig& config, std::vector<server::Listener> listeners, const admin::Health& health,
      const admin::ServerState& state, observe::Log& log, observe::LogWriter& main_log);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// Readable when poll() has something to do.
  [[nodiscard]] const os::Fd& fd() const { return acceptor_->fd(); }
  /// Accepts whoever wants to connect. Does not wait.
  void poll() { static_cast<void>(acceptor_->poll(milliseconds(0))); }
  /// See server::Acceptor::hand_over. Those who are connected are still answered.
  void hand_over(const std::vector<std::size_t>& indexes) { acceptor_->hand_over(indexes); }

  static constexpr std::size_t kMostConnections = 32;

 private:
  explicit AdminServer(server::PoolSettings settings) : settings_(std::move(settings)) {}

  const server::PoolSettings settings_;
  observe::Registry registry_;  // what is counted here is shown nowhere
  std::unique_ptr<server::WorkerPool> pool_;
  std::optional<server::Acceptor> acceptor_;
};

}  // namespace bobbin::app
