#include "uploads/quarantine.h"

#include "base/base64.h"
#include "uploads/answers.h"
#include "uploads/json_intake.h"

namespace bobbin::uploads {
namespace {

http::Response answer_to(const store::Outcome& outcome, const QuarantineDraft::Answer& answer) {
  if (!outcome) return not_stored(outcome.error());
  http::Response response = answer.redirect.empty() ? quarantined(answer.status, *outcome, answer.reason)
                                                    : sent_on(answer.redirect, *outcome);
  tell_of_quarantine(*outcome, answer.inbox, answer.reason, response);
  return response;
}

}  // namespace

bool QuarantineDraft::add(Bytes piece) {
  bytes_ += piece.size();
  return draft_.append(piece) != store::Draft::Intake::refused;
}

http::Reply QuarantineDraft::keep(std::string request, Answer answer, http::ReplyLater later) && {
  // Nobody has asked before the content came, since hardly any of it goes here.
  if (auto refused = not_taken(quarantine_.store->state()))
    return at_once(std::move(later), *std::move(refused));
  std::optional<store::Room::Place> place;
  if (quarantine_.room) {
    auto taken = quarantine_.room->take(base64_size(bytes_));
    if (!taken) return at_once(std::move(later), no_room(taken.error()));
    place.emplace(*std::move(taken));
  }
  const Duration limit = answer.commit_timeout;
  std::move(draft_).commit({.request = std::move(request), .is_binary = true},
                           [later = std::move(later), answer = std::move(answer),
                            place = std::move(place)](const store::Outcome& outcome) mutable {
                             if (place && outcome) place->keep();
                             place.reset();
                             std::move(later)(answer_to(outcome, answer));
                           });
  return http::Pending{.limit = limit, .late = stores_too_long()};
}

bool blames_content(const http::Response& refusal) {
  return refusal.status == http::Status::bad_request ||
         refusal.status == http::Status::unsupported_media_type;
}

}  // namespace bobbin::uploads
