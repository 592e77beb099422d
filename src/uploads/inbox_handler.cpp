#include "uploads/inbox_handler.h"

#include <utility>

#include "base/clock.h"
#include "uploads/answers.h"
#include "uploads/json_intake.h"

namespace bobbin::uploads {
namespace {

/// `settings` outlives the exchange.
class InboxExchange final : public http::Exchange {
 public:
  InboxExchange(const InboxSettings& settings, const http::Request& request, store::Draft draft,
                std::optional<signatures::Verification> verification, std::optional<store::Room::Place> place)
      : settings_(settings),
        place_(std::move(place)),
        record_(request, settings.kept_fields),
        key_(settings.keys, request),
        intake_(settings.most_bytes, std::move(draft), request.resume(), rest_for(verification),
                key_.wanted()),
        verification_(std::move(verification)) {}

  http::Intake content(Bytes piece) override {
    if (verification_) verification_->add(piece);
    key_.add(piece);
    return intake_.take(piece);
  }

  http::Reply complete(http::ReplyLater later) override {
    std::optional<signatures::Verified> verified;
    if (verification_) {
      auto proven = verification_->finish();
      if (!proven) return at_once(std::move(later), unauthentic(settings_.name, proven.error()));
      verified = *std::move(proven);
    }
    auto draft = intake_.finish();
    if (!draft) return at_once(std::move(later), std::move(draft.error()));
    if (verified && verified->challenge)
      return at_once(std::move(later), challenge_answer(*verified->challenge));
    auto key = std::move(key_).finish(intake_.validator());
    if (!key) return at_once(std::move(later), without_key(std::move(key.error())));
    std::move(*draft).commit(
        {.request = record_.text(verified), .key = *std::move(key)},
        [later = std::move(later), success = settings_.success,
         place = std::move(place_)](store::Outcome outcome) mutable {
          if (place && outcome && !outcome->is_repetition) place->keep();
          std::move(later)(outcome ? recorded(success, *outcome) : not_stored(outcome.error()));
        });
    return http::Pending{.limit = settings_.commit_timeout,
                         .late = unavailable("Storing takes too long. It may or may not succeed.")};
  }

 private:
  /// A verification that keeps the content takes as much memory as the draft that is counted.
  static JsonIntake::Rest rest_for(const std::optional<signatures::Verification>& verification) {
    const bool keeps = verification && verification->most_kept_bytes() > 0;
    return keeps ? JsonIntake::Rest::counted : JsonIntake::Rest::dropped;
  }
  static http::Reply at_once(http::ReplyLater later, http::Response response) {
    std::move(later).forget();
    return response;
  }

  const InboxSettings& settings_;
  std::optional<store::Room::Place> place_;
  const RequestRecord record_;
  KeyReader key_;
  JsonIntake intake_;
  std::optional<signatures::Verification> verification_;
};

}  // namespace

http::Begin InboxHandler::begin(const http::Request& request) const {
  if (request.head.method == http::Method::options) return allowed_methods();
  if (auto refused = refusal(request.head, *store_, Types::any_json, settings_.most_bytes))
    return *std::move(refused);
  const http::ContentFraming& framing = request.head.framing;
  std::optional<store::Room::Place> place;
  if (settings_.room) {
    const bool is_known = framing.kind == http::ContentFraming::Kind::length;
    auto taken = settings_.room->take(is_known ? framing.length_bytes : settings_.most_bytes);
    if (!taken) return no_room(taken.error());
    place.emplace(*std::move(taken));
  }
  std::optional<signatures::Verification> verification;
  if (settings_.scheme) {
    auto begun = settings_.scheme->begin(request.head.fields, wall_now());
    if (!begun) return unauthentic(settings_.name, begun.error());
    verification = *std::move(begun);
  }
  return std::make_unique<InboxExchange>(settings_, request, store_->begin(framing.length_bytes),
                                         std::move(verification), std::move(place));
}

}  // namespace bobbin::uploads
