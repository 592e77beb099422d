#include "app/admin_server.h"

#include <utility>

#include "app/session_settings.h"
#include "http/filters/error_page.h"
#include "http/filters/known_methods.h"

namespace bobbin::app {
namespace {

server::PoolSettings settings_for(const ServerConfig& config) {
  return {
      .threads = 1,
      .connections_per_thread = AdminServer::kMostConnections,
      .queue = 0,
      .worker = {
          .session = session_settings(config), .exchanges = {.are_written = false}, .thread_name = "Admin-"}};
}

std::shared_ptr<const http::Handler> handler_for(const ServerConfig& config, const admin::Health& health,
                                                 const admin::ServerState& state) {
  http::FilteredHandler::Filters filters{
      std::make_shared<const http::filters::KnownMethods>(),
      std::make_shared<const http::filters::ErrorPage>(config.server_name)};
  return std::make_shared<const http::FilteredHandler>(
      std::move(filters), std::make_shared<const admin::AdminHandler>(health, state));
}

}  // namespace

Result<std::unique_ptr<AdminServer>> AdminServer::start(const ServerConfig& config,
                                                        std::vector<server::Listener> listeners,
                                                        const admin::Health& health,
                                                        const admin::ServerState& state, observe::Log& log,
                                                        observe::LogWriter& main_log) {
  std::unique_ptr<AdminServer> server(new AdminServer(settings_for(config)));
  server->pool_ = TRY(server::WorkerPool::start(server->settings_, handler_for(config, health, state), log,
                                                server->registry_, [] {}));
  server->acceptor_.emplace(
      TRY(server::Acceptor::create(std::move(listeners), *server->pool_, main_log, server->registry_,
                                   {.server_name = config.server_name})));
  return server;
}

AdminServer::~AdminServer() {
  if (pool_ == nullptr) return;
  pool_->stop_now();
  pool_->join();
}

}  // namespace bobbin::app
