#pragma once

#include <optional>
#include <utility>

#include "uploads/content_intake.h"
#include "uploads/document_keys.h"
#include "uploads/form_intake.h"
#include "uploads/json_intake.h"

namespace bobbin::uploads {

/// Receives content that is one document.
class DocumentIntake final : public ContentIntake {
 public:
  /// `key`: what the JSON intake was told to look for is wanted by it.
  DocumentIntake(KeyReader key, JsonIntake document) : key_(std::move(key)), document_(std::move(document)) {}

  http::Intake take(Bytes piece) override;
  std::optional<http::Response> finish() override;
  Result<Received, http::Response> received() override;

 private:
  KeyReader key_;
  JsonIntake document_;
  std::optional<store::Draft> draft_;  // once it is complete
};

/// Receives a form, of which one document is made.
class FormDocumentIntake final : public ContentIntake {
 public:
  FormDocumentIntake(FormIntake form, DocumentIntake document)
      : form_(std::move(form)), document_(std::move(document)) {}

  http::Intake take(Bytes piece) override { return form_.take(piece); }
  std::optional<http::Response> finish() override;
  Result<Received, http::Response> received() override { return document_.received(); }

 private:
  FormIntake form_;
  DocumentIntake document_;
};

}  // namespace bobbin::uploads
