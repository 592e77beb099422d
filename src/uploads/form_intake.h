#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "http/handler.h"
#include "store/document_store.h"
#include "uploads/form.h"
#include "uploads/multipart_form.h"

namespace bobbin::uploads {

/// Receives one form, and makes the JSON document of it. Every verdict but 413 and 503 for the content waits
/// for its end, so that the connection can be kept. Thread: the worker that owns the connection.
class FormIntake {
 public:
  /// `boundary`: of a form in multipart/form-data; nothing: it is in application/x-www-form-urlencoded.
  /// `files`: that are parts of it. `most_bytes`: of the content. `most_document_bytes`: of what is made of
  /// it. `unwrap`: the name of the one field that holds the document; empty: all fields become one. It
  /// outlives this object. `counted`: takes as much memory of the store as the content, so that it is within
  /// what all documents may take; it is never committed.
  FormIntake(std::optional<std::string> boundary, FormFiles files, std::uint64_t most_bytes,
             std::uint64_t most_document_bytes, const std::string& unwrap, store::Draft counted,
             http::Resume resume)
      : boundary_(std::move(boundary)),
        files_(files),
        most_bytes_(most_bytes),
        most_document_bytes_(most_document_bytes),
        unwrap_(unwrap),
        counted_(std::move(counted)),
        resume_(resume) {}

  /// The next piece, decoded from its transfer coding.
  [[nodiscard]] http::Intake take(Bytes piece);
  /// After all of it: the document, or what its client is answered. The text of a field that was to be
  /// unwrapped is not known to be JSON.
  [[nodiscard]] Result<std::string, http::Response> finish();

 private:
  [[nodiscard]] Result<std::vector<FormField>, http::Response> fields();

  const std::optional<std::string> boundary_;
  const FormFiles files_;
  const std::uint64_t most_bytes_;
  const std::uint64_t most_document_bytes_;
  const std::string& unwrap_;
  std::string content_;
  store::Draft counted_;
  const http::Resume resume_;
};

}  // namespace bobbin::uploads
