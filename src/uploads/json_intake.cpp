#include "uploads/json_intake.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "uploads/answers.h"

namespace bobbin::uploads {
namespace {

/// RFC 9110 §8.4: a list, possibly over several field lines. `identity` names the absence of a coding.
bool has_content_coding(const http::Fields& fields) {
  for (const http::Field& field : fields.lines()) {
    if (field.name != http::FieldName::content_encoding) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      const std::string_view coding = trim(rest.substr(0, end));
      if (!coding.empty() && !equals_ignoring_case(coding, "identity")) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return false;
}

}  // namespace

http::Intake JsonIntake::take(Bytes piece) {
  using Intake = store::Draft::Intake;
  received_bytes_ += piece.size();
  if (received_bytes_ > most_bytes_) return content_too_large(most_bytes_);
  is_json_ = is_json_ && validator_.feed(piece);
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
  if (is_json_ && draft_ && validator_.finish()) return *std::exchange(draft_, std::nullopt);
  draft_.reset();
  return failure(invalid_json(subject_, validator_.fault()));
}

std::optional<http::Response> refusal(const http::RequestHead& head, const store::DocumentStore& store,
                                      const ContentTypes& types, std::uint64_t most_bytes) {
  using Kind = http::ContentFraming::Kind;
  if (head.method != http::Method::post) return method_not_allowed();
  if (auto refused = not_taken(store.state())) return refused;
  if (!types.of(head.fields)) return unsupported_media_type(types);
  if (has_content_coding(head.fields)) return unsupported_content_coding();
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
