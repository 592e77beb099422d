#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/config.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "executor/executor.h"
#include "files/file_handler.h"
#include "http/filter.h"
#include "http/media_type.h"
#include "http/router.h"
#include "observe/log.h"
#include "uploads/upload_handler.h"

namespace bobbin::app {

/// All that answers requests: the handlers, the router in front of them and the filters around it. A new
/// endpoint is a handler and one route.
class Site {
 public:
  /// Opens the directories. `what_failed`: filled with the option at fault when it fails. `executor` and
  /// `log` outlive the site.
  [[nodiscard]] static Result<std::unique_ptr<Site>> create(const Config& config,
                                                            executor::Executor& executor, observe::Log& log,
                                                            std::string& what_failed);

  /// The door to it all, for listeners bound to these addresses. Lives as long as the site.
  [[nodiscard]] std::shared_ptr<const http::Handler> handler(const std::vector<Endpoint>& bound);

  /// Answers the uploads that are still being committed. To be called once the workers have ended.
  void stop();

 private:
  explicit Site(const Config& config) : config_(config) {}

  const Config& config_;
  http::MediaTypes media_types_;
  std::unique_ptr<files::FileHandler> files_;
  std::unique_ptr<uploads::UploadHandler> uploads_;  // none when switched off
  std::unique_ptr<http::Handler> uploads_off_;       // then this one answers in its place
  std::unique_ptr<http::Handler> documents_;         // the stored uploads; none when there is no folder
  std::string documents_path_;
};

}  // namespace bobbin::app
