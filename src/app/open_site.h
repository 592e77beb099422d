#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "app/config.h"
#include "app/upload_folders.h"
#include "base/clock.h"
#include "base/result.h"
#include "executor/executor.h"
#include "files/file_handler.h"
#include "http/media_type.h"
#include "http/router.h"
#include "os/file.h"
#include "uploads/upload_handler.h"

namespace bobbin::app {

/// A configured site with its directories open: its handlers, and the routes that lead to them. A new
/// endpoint is a handler and one route. Immutable.
class OpenSite {
 public:
  /// What the sites of a server have in common. The executor outlives them.
  struct Shared {
    std::shared_ptr<const http::MediaTypes> types;
    executor::Executor& executor;
    unsigned workers;
    std::size_t cache_bytes;  ///< for the files of one site
    std::uint64_t max_upload_bytes;
    Duration commit_timeout;
  };
  /// `folders` null: only looks whether the upload folder could be used. The error is a sentence for the
  /// operator.
  [[nodiscard]] static Result<std::unique_ptr<OpenSite>, std::string> open(const SiteConfig& config,
                                                                           const Shared& shared,
                                                                           UploadFolders* folders);
  /// The same site with its root opened anew. The upload folder stays the one that is open.
  [[nodiscard]] Result<std::unique_ptr<OpenSite>, std::string> with_root_opened_anew() const;

  /// For the router; lives no longer than this.
  [[nodiscard]] http::Site routes() const;

  [[nodiscard]] const SiteConfig& config() const { return config_; }
  /// Where uploads go; empty when none are taken.
  [[nodiscard]] const std::string& upload_directory() const { return upload_directory_; }
  /// The directory that is served, whatever its name leads to by now.
  [[nodiscard]] const os::Fd& root() const { return files_->root(); }

 private:
  OpenSite(const SiteConfig& config, const Shared& shared) : config_(config), shared_(shared) {}
  OpenSite(const OpenSite&) = default;

  [[nodiscard]] files::FileSettings file_settings(std::vector<std::string> allowed_types,
                                                  std::size_t cache_bytes) const;
  [[nodiscard]] Result<void, std::string> open_root();
  [[nodiscard]] Result<void, std::string> open_uploads(UploadFolders* folders);
  [[nodiscard]] Result<void, std::string> open_documents(const std::string& directory);

  SiteConfig config_;
  Shared shared_;
  std::shared_ptr<files::FileHandler> files_;
  std::shared_ptr<uploads::UploadHandler> uploads_;  // none when no uploads are taken
  std::string upload_directory_;
  std::shared_ptr<files::FileHandler> document_files_;  // none when there is no folder
  std::shared_ptr<http::Handler> documents_;  // the stored uploads; none when there are none to serve
  std::string documents_path_;
};

}  // namespace bobbin::app
