#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "http/handler.h"
#include "store/document_store.h"

namespace bobbin::uploads {

/// Receives one form, and makes the JSON document of it. Every verdict but 413 and 503 for the content waits
/// for its end, so that the connection can be kept. Thread: the worker that owns the connection.
class FormIntake {
 public:
  /// `most_bytes`: of the content, and of the document. `unwrap`: the name of the one field that holds the
  /// document; empty: all fields become one. It outlives this object. `counted`: takes as much memory of the
  /// store as the content, so that it is within what all documents may take; it is never committed.
  FormIntake(std::uint64_t most_bytes, const std::string& unwrap, store::Draft counted, http::Resume resume)
      : most_bytes_(most_bytes), unwrap_(unwrap), counted_(std::move(counted)), resume_(resume) {}

  /// The next piece, decoded from its transfer coding.
  [[nodiscard]] http::Intake take(Bytes piece);
  /// After all of it: the document, or what its client is answered. The text of a field that was to be
  /// unwrapped is not known to be JSON.
  [[nodiscard]] Result<std::string, http::Response> finish();

 private:
  const std::uint64_t most_bytes_;
  const std::string& unwrap_;
  std::string content_;
  store::Draft counted_;
  const http::Resume resume_;
};

}  // namespace bobbin::uploads
