#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "http/content_coding.h"
#include "http/handler.h"
#include "json/validator.h"
#include "store/document_store.h"
#include "uploads/content_types.h"

namespace bobbin::uploads {

/// Receives one JSON document into a draft, and validates it as it arrives; or any document, which it does
/// not. Every verdict but 413 and 503 waits for the end of the content, so that the connection can be kept.
/// Thread: the worker that owns the connection.
class JsonIntake {
 public:
  /// What becomes of content once it has proved not to be JSON.
  enum class Rest : std::uint8_t {
    dropped,
    counted,  ///< it goes on to take memory of the store, since somebody else keeps it, too
  };

  /// What the content has to be.
  enum class Judgement : std::uint8_t {
    json,
    anything,  ///< nothing of it is looked at
  };

  /// `resume`: for when the store has room for more. `wanted`: see json::Validator. `subject`: what the text
  /// is called in an answer.
  JsonIntake(std::uint64_t most_bytes, store::Draft draft, http::Resume resume, Rest rest = Rest::dropped,
             std::vector<json::Pointer> wanted = {}, std::string subject = "The content",
             Judgement judgement = Judgement::json)
      : subject_(std::move(subject)),
        judgement_(judgement),
        most_bytes_(most_bytes),
        rest_(rest),
        validator_(std::move(wanted)),
        draft_(std::move(draft)),
        resume_(resume) {}

  /// The next piece, decoded from its transfer coding.
  [[nodiscard]] http::Intake take(Bytes piece);
  /// The document, complete but not committed; or what its client is answered, and nothing is left of it.
  [[nodiscard]] Result<store::Draft, http::Response> finish();

  /// Knows what was wanted, once finish() has returned a document.
  [[nodiscard]] const json::Validator& validator() const { return validator_; }

 private:
  const std::string subject_;
  const Judgement judgement_;
  const std::uint64_t most_bytes_;
  const Rest rest_;
  std::uint64_t received_bytes_ = 0;
  json::Validator validator_;
  bool is_json_ = true;                // as far as it has come
  std::optional<store::Draft> draft_;  // none once nothing of the content is wanted
  const http::Resume resume_;
};

/// The answer to a document that is not given to the store.
[[nodiscard]] inline http::Reply at_once(http::ReplyLater later, http::Response response) {
  std::move(later).forget();
  return response;
}

/// What the sender of a document is answered from its head alone: because of its method, the state of the
/// store, its type, its content coding or its length. Nothing: its content is to be received. `codings`:
/// those that are taken besides identity.
[[nodiscard]] std::optional<http::Response> refusal(const http::RequestHead& head,
                                                    const store::DocumentStore& store,
                                                    const ContentTypes& types, std::uint64_t most_bytes,
                                                    http::CodingSet codings = {});

/// What OPTIONS is answered.
[[nodiscard]] http::Response allowed_methods();

}  // namespace bobbin::uploads
