#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "files/digests.h"
#include "files/file_handler.h"
#include "http/handler.h"

namespace bobbin::files {

/// Answers for `NAME.sha256` where there is no such file, but a file NAME: with its SHA-256, in the form that
/// sha256sum(1) writes and checks. It stands around the handler that serves the files. Thread: any.
class ChecksumFiles final : public http::Handler {
 public:
  ChecksumFiles(std::shared_ptr<const http::Handler> site, std::shared_ptr<const FileHandler> files)
      : site_(std::move(site)), files_(std::move(files)) {}

  [[nodiscard]] http::Begin begin(const http::Request& request) const override;

 private:
  [[nodiscard]] std::optional<http::Begin> checksum(const http::Request& request) const;

  const std::shared_ptr<const http::Handler> site_;
  const std::shared_ptr<const FileHandler> files_;
};

}  // namespace bobbin::files
