#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/budget.h"
#include "base/bytes.h"
#include "base/result.h"
#include "http/handler.h"
#include "http/response.h"
#include "store/document_store.h"

namespace bobbin::uploads {

/// What a request has brought, complete but not committed.
struct Received {
  store::Draft draft;
  std::optional<store::DocumentKey> key = {};
  std::vector<store::Part> bundle = {};             ///< the documents, when they are several
  std::uint64_t bytes = 0;                          ///< of a bundle: how large its content is
  std::unique_ptr<Budget::Share> memory = nullptr;  ///< which `bundle` takes, until it is stored
};

/// Receives the content of one request into a draft of a store of records. Every verdict but 413 and 503
/// waits for the end of the content, so that the connection can be kept. Thread: the worker that owns the
/// connection.
class ContentIntake {
 public:
  virtual ~ContentIntake() = default;
  /// The next piece, decoded from its codings.
  [[nodiscard]] virtual http::Intake take(Bytes piece) = 0;
  /// After all of it: what its client is answered, and nothing is left of it. Nothing: it can be stored.
  [[nodiscard]] virtual std::optional<http::Response> finish() = 0;
  /// Once, after finish() has returned nothing. What its client is answered instead, when a key is missing.
  [[nodiscard]] virtual Result<Received, http::Response> received() = 0;
};

}  // namespace bobbin::uploads
