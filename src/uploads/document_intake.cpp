#include "uploads/document_intake.h"

#include <variant>

#include "uploads/answers.h"

namespace bobbin::uploads {

http::Intake DocumentIntake::take(Bytes piece) {
  key_.add(piece);
  return document_.take(piece);
}

std::optional<http::Response> DocumentIntake::finish() {
  auto draft = document_.finish();
  if (!draft) return std::move(draft.error());
  draft_.emplace(*std::move(draft));
  return std::nullopt;
}

Result<Received, http::Response> DocumentIntake::received() {
  auto key = key_.finish(document_.validator());
  if (!key) return failure(without_key(std::move(key.error())));
  return Received{.draft = *std::exchange(draft_, std::nullopt), .key = *std::move(key)};
}

/// A Wait of the document's intake needs no waiting, since nothing follows.
std::optional<http::Response> FormDocumentIntake::finish() {
  auto document = form_.finish();
  if (!document) return std::move(document.error());
  http::Intake taken = document_.take(as_bytes(*document));
  if (auto* refused = std::get_if<http::Response>(&taken)) return std::move(*refused);
  return document_.finish();
}

}  // namespace bobbin::uploads
