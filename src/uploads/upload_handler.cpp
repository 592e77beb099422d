#include "uploads/upload_handler.h"

#include <utility>
#include <vector>

#include "uploads/answers.h"
#include "uploads/digest_check.h"
#include "uploads/json_intake.h"

namespace bobbin::uploads {
namespace {

using http::Method;

/// `settings` outlives the exchange.
class UploadExchange final : public http::Exchange {
 public:
  UploadExchange(const UploadSettings& settings, store::Draft draft, std::vector<http::ContentDigest> digests,
                 http::Resume resume)
      : settings_(settings),
        digests_(std::move(digests)),
        intake_(settings.max_upload_bytes, std::move(draft), resume) {}

  http::Intake content(Bytes piece) override {
    digests_.add(piece);
    return intake_.take(piece);
  }

  http::Reply complete(http::ReplyLater later) override {
    if (const auto digest = digests_.mismatch()) return at_once(std::move(later), other_digest(*digest));
    auto draft = intake_.finish();
    if (!draft) return at_once(std::move(later), std::move(draft.error()));
    std::move(*draft).commit([later = std::move(later),
                              url_path = settings_.url_path](store::Outcome outcome) mutable {
      std::move(later)(outcome ? created(url_path, std::move(outcome->name)) : not_stored(outcome.error()));
    });
    return http::Pending{.limit = settings_.commit_timeout, .late = stores_too_long()};
  }

 private:
  const UploadSettings& settings_;
  DigestCheck digests_;
  JsonIntake intake_;
};

}  // namespace

http::Begin UploadHandler::begin(const http::Request& request) const {
  if (request.head.method == Method::options) return allowed_methods();
  if (auto refused = refusal(request.head, *store_, ContentTypes{}, settings_.max_upload_bytes))
    return *std::move(refused);
  auto digests = http::content_digests_of(request.head.fields);
  if (!digests) return malformed_digest(std::move(digests.error()));
  return std::make_unique<UploadExchange>(settings_, store_->begin(request.head.framing.length_bytes),
                                          *std::move(digests), request.resume());
}

}  // namespace bobbin::uploads
