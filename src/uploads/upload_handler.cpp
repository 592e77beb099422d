#include "uploads/upload_handler.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "http/media_type.h"
#include "json/validator.h"
#include "uploads/answers.h"

namespace bobbin::uploads {
namespace {

using http::FieldName;
using http::Method;
using http::RequestHead;
using http::Response;

/// Receives one document, and validates it as it arrives. Every verdict but 413 and 503 waits for the end of
/// the content, so that the connection can be kept. `settings` outlives the exchange.
class UploadExchange final : public http::Exchange {
 public:
  UploadExchange(const UploadSettings& settings, store::Draft draft, http::Resume resume)
      : settings_(settings), draft_(std::move(draft)), resume_(resume) {}

  http::Intake content(Bytes piece) override {
    using Intake = store::Draft::Intake;
    received_bytes_ += piece.size();
    if (received_bytes_ > settings_.max_upload_bytes) return content_too_large(settings_.max_upload_bytes);
    if (draft_ && !validator_.feed(piece)) draft_.reset();
    if (!draft_) return http::Accepted{};
    switch (draft_->append(piece)) {
      case Intake::more: return http::Accepted{};
      case Intake::wait: draft_->when_ready(resume_); return http::Wait{};
      case Intake::refused: break;
    }
    draft_.reset();
    return busy();
  }

  http::Reply complete(http::ReplyLater later) override {
    if (!draft_ || !validator_.finish()) {
      draft_.reset();
      std::move(later).forget();
      return invalid_json(validator_.fault());
    }
    std::move(*draft_).commit([later = std::move(later),
                               url_path = settings_.url_path](store::Outcome outcome) mutable {
      std::move(later)(outcome ? created(url_path, std::move(outcome->name)) : not_stored(outcome.error()));
    });
    return http::Pending{.limit = settings_.commit_timeout,
                         .late = unavailable("Storing takes too long. It may or may not succeed.")};
  }

 private:
  const UploadSettings& settings_;
  std::uint64_t received_bytes_ = 0;
  json::Validator validator_;
  std::optional<store::Draft> draft_;  // none once the content has proved not to be JSON
  const http::Resume resume_;
};

Response allowed_methods() {
  Response response;
  response.status = http::Status::no_content;
  response.add_field("Allow", "POST, OPTIONS");
  return response;
}

/// RFC 9110 §8.4: a list, possibly over several field lines. `identity` names the absence of a coding.
bool has_content_coding(const http::Fields& fields) {
  for (const http::Field& field : fields.lines()) {
    if (field.name != FieldName::content_encoding) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      const std::string_view coding = trim(rest.substr(0, end));
      if (!coding.empty() && !equals_ignoring_case(coding, "identity")) return true;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return false;
}

bool names_json(const http::Fields& fields) {
  const auto type = fields.only(FieldName::content_type);
  return type && http::is_media_type(*type, "application/json");
}

}  // namespace

http::Begin UploadHandler::begin(const http::Request& request) const {
  if (request.head.method == Method::options) return allowed_methods();
  if (auto refused = refusal(request.head)) return *std::move(refused);
  return std::make_unique<UploadExchange>(settings_, store_->begin(request.head.framing.length_bytes),
                                          request.resume());
}

std::optional<Response> UploadHandler::refusal(const RequestHead& head) const {
  if (head.method != Method::post) return method_not_allowed();
  if (auto refused = not_taken(store_->state())) return refused;
  if (!names_json(head.fields)) return unsupported_media_type();
  if (has_content_coding(head.fields)) return unsupported_content_coding();
  if (head.framing.kind == http::ContentFraming::Kind::none) return length_required();
  if (head.framing.kind == http::ContentFraming::Kind::length &&
      head.framing.length_bytes > settings_.max_upload_bytes)
    return content_too_large(settings_.max_upload_bytes);
  return std::nullopt;
}

}  // namespace bobbin::uploads
