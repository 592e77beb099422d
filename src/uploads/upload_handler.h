#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/handler.h"
#include "observe/log.h"
#include "uploads/committer.h"
#include "uploads/store.h"

namespace bobbin::uploads {

struct UploadSettings {
  std::string directory;                         ///< made when missing; its parent must exist
  std::string url_path = "/uploads";             ///< where the directory's files are served; percent-encoded
  std::uint64_t max_upload_bytes = 1024 * 1024;  ///< of content, decoded from its transfer coding
  Duration commit_timeout = seconds(30);         ///< until an upload is on stable storage
};

/// Stores JSON documents: POST is answered 201 once the content, its name and the directory are on stable
/// storage. Thread: `begin`, `error_form` and `open` by any; `stop` by the one that made it.
class UploadHandler : public http::Handler {
 public:
  /// Prepares the directory and starts the committer. `log` outlives the handler.
  [[nodiscard]] static Result<std::unique_ptr<UploadHandler>> create(const UploadSettings& settings,
                                                                     observe::Log& log);
  UploadHandler(const UploadSettings& settings, std::unique_ptr<Store> store, observe::Log& log,
                Committer::Limits limits = {});

  [[nodiscard]] http::Begin begin(const http::Request& request) const override;
  /// Uploads come from programs.
  [[nodiscard]] http::ErrorForm error_form(const http::RequestHead&) const override {
    return http::ErrorForm::problem;
  }

  /// False once uploads are refused: a sync has failed, or stop was called.
  [[nodiscard]] bool open() const { return committer_.open(); }
  /// Commits and answers every upload whose content has arrived, then ends the threads. To be called when no
  /// worker receives any more, and before the workers' mailboxes go.
  void stop() { committer_.stop(); }

 private:
  [[nodiscard]] std::optional<http::Response> refusal(const http::RequestHead& head) const;

  const std::uint64_t max_upload_bytes_;
  const Duration commit_timeout_;
  const std::unique_ptr<Store> store_;
  mutable Committer committer_;  // takes care of its own threads
};

}  // namespace bobbin::uploads
