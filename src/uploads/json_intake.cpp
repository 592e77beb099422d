#include "uploads/json_intake.h"

#include <utility>

#include "uploads/answers.h"

namespace bobbin::uploads {
http::Intake JsonIntake::take(Bytes piece) {
  using Intake = store::Draft::Intake;
  received_bytes_ += piece.size();
  if (received_bytes_ > most_bytes_) return content_too_large(most_bytes_);
  if (judgement_ == Judgement::json) is_json_ = is_json_ && validator_.feed(piece);
  if (!is_json_ && rest_ == Rest::dropped) draft_.reset();
  if (!draft_) return http::Accepted{};
  switch (draft_->append(piece)) {
    case Intake::more: return http::Accepted{};
    case Intake::wait: draft_->when_ready(resume_); return http::Wait{};
    case Intake::refused: break;
  }
  draft_.reset();
  return busy();
}

Result<store::Draft, http::Response> JsonIntake::finish() {
  if (is_json_ && draft_ && (judgement_ == Judgement::anything || validator_.finish()))
    return *std::exchange(draft_, std::nullopt);
  draft_.reset();
  return failure(invalid_json(subject_, validator_.fault()));
}

std::optional<http::Response> refusal(const http::RequestHead& head, const store::DocumentStore& store,
                                      const ContentTypes& types, std::uint64_t most_bytes,
                                      http::CodingSet codings) {
  using Kind = http::ContentFraming::Kind;
  if (head.method != http::Method::post) return method_not_allowed();
  if (auto refused = not_taken(store.state())) return refused;
  if (!types.of(head.fields)) return unsupported_media_type(types);
  const auto coding = http::content_coding_of(head.fields);
  if (coding != http::ContentCoding::identity && !(coding && codings.has(*coding)))
    return unsupported_content_coding(codings);
  if (head.framing.kind == Kind::none) return length_required();
  if (head.framing.kind == Kind::length && head.framing.length_bytes > most_bytes)
    return content_too_large(most_bytes);
  return std::nullopt;
}

http::Response allowed_methods() {
  http::Response response;
  response.status = http::Status::no_content;
  response.add_field("Allow", "POST, OPTIONS");
  return response;
}

}  // namespace bobbin::uploads
