#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "http/handler.h"
#include "store/document_store.h"

namespace bobbin::uploads {

struct UploadSettings {
  std::string url_path = "/uploads";             ///< where the store's documents are served; percent-encoded
  std::uint64_t max_upload_bytes = 1024 * 1024;  ///< of content, decoded from its transfer coding
  Duration commit_timeout = seconds(30);         ///< until an upload is on stable storage
};

/// Stores JSON documents: POST is answered 201 once the store says that the document is on stable storage.
/// Thread: any.
class UploadHandler final : public http::Handler {
 public:
  UploadHandler(UploadSettings settings, std::shared_ptr<store::DocumentStore> store)
      : settings_(std::move(settings)), store_(std::move(store)) {}

  [[nodiscard]] http::Begin begin(const http::Request& request) const override;
  /// Uploads come from programs.
  [[nodiscard]] http::ErrorForm error_form(const http::RequestHead&) const override {
    return http::ErrorForm::problem;
  }

 private:
  const UploadSettings settings_;
  const std::shared_ptr<store::DocumentStore> store_;
};

}  // namespace bobbin::uploads
