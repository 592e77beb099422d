#include "uploads/upload_handler.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "http/media_type.h"
#include "json/validator.h"
#include "uploads/answers.h"
#include "uploads/directory_store.h"
#include "uploads/document.h"

namespace bobbin::uploads {
namespace {

using http::FieldName;
using http::Method;
using http::RequestHead;
using http::Response;

/// Receives one document, and validates it as it arrives. Every verdict but 413 waits for the end of the
/// content, so that the connection can be kept.
class UploadExchange : public http::Exchange {
 public:
  UploadExchange(Store& store, Committer& committer, std::uint64_t maximum_bytes,
                 std::uint64_t announced_bytes, Duration commit_timeout)
      : committer_(committer),
        maximum_bytes_(maximum_bytes),
        commit_timeout_(commit_timeout),
        document_(store, announced_bytes) {}

  http::Intake content(Bytes piece) override {
    received_bytes_ += piece.size();
    if (received_bytes_ > maximum_bytes_) return content_too_large(maximum_bytes_);
    is_json_ = is_json_ && validator_.feed(piece);
    if (is_json_)
      document_.append(piece);
    else
      document_.discard();
    return http::Accepted{};
  }

  http::Reply complete(http::ReplyLater later) override {
    if (!is_json_ || !validator_.finish()) {
      document_.discard();
      std::move(later).forget();
      return invalid_json(validator_.fault());
    }
    http::Reply reply = committer_.submit(std::move(document_), std::move(later));
    if (auto* pending = std::get_if<http::Pending>(&reply)) {
      pending->limit = commit_timeout_;
      pending->late = unavailable("Storing takes too long. It may or may not succeed.");
    }
    return reply;
  }

 private:
  Committer& committer_;
  const std::uint64_t maximum_bytes_;
  const Duration commit_timeout_;
  std::uint64_t received_bytes_ = 0;
  json::Validator validator_;
  bool is_json_ = true;  ///< as far as received
  Document document_;
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

Result<std::unique_ptr<UploadHandler>> UploadHandler::create(const UploadSettings& settings,
                                                             observe::Log& log) {
  auto store = TRY(DirectoryStore::create(settings.directory));
  return std::make_unique<UploadHandler>(settings, std::move(store), log);
}

UploadHandler::UploadHandler(const UploadSettings& settings, std::unique_ptr<Store> store, observe::Log& log,
                             Committer::Limits limits)
    : max_upload_bytes_(settings.max_upload_bytes),
      commit_timeout_(settings.commit_timeout),
      store_(std::move(store)),
      committer_(*store_, settings.url_path, log.writer("Uploads"), limits) {}

http::Begin UploadHandler::begin(const http::Request& request) const {
  if (request.head.method == Method::options) return allowed_methods();
  if (auto refused = refusal(request.head)) return *std::move(refused);
  return std::make_unique<UploadExchange>(*store_, committer_, max_upload_bytes_,
                                          request.head.framing.length_bytes, commit_timeout_);
}

std::optional<Response> UploadHandler::refusal(const RequestHead& head) const {
  if (head.method != Method::post) return method_not_allowed();
  if (!open()) return closed();
  if (!names_json(head.fields)) return unsupported_media_type();
  if (has_content_coding(head.fields)) return unsupported_content_coding();
  if (head.framing.kind == http::ContentFraming::Kind::none) return length_required();
  if (head.framing.kind == http::ContentFraming::Kind::length &&
      head.framing.length_bytes > max_upload_bytes_)
    return content_too_large(max_upload_bytes_);
  return std::nullopt;
}

}  // namespace bobbin::uploads
