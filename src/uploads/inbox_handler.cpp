#include "uploads/inbox_handler.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/base64.h"
#include "base/clock.h"
#include "uploads/answers.h"
#include "uploads/batch_intake.h"
#include "uploads/coded_content.h"
#include "uploads/digest_check.h"
#include "uploads/document_intake.h"
#include "uploads/form_intake.h"
#include "uploads/json_intake.h"
#include "uploads/lines_intake.h"
#include "uploads/multipart_form.h"

namespace bobbin::uploads {
namespace {

/// What the head of a request says of its content, which is taken.
struct Announced {
  ContentType type;
  http::ContentCoding coding;
  std::optional<std::string> boundary;  // of a form that has one
  std::vector<http::ContentDigest> digests;
  std::optional<store::Room::Place> place;               // nothing: there is no limit
  std::optional<signatures::Verification> verification;  // nothing: senders need not sign
};

/// `settings` outlives the exchange.
class InboxExchange final : public http::Exchange {
 public:
  InboxExchange(const InboxSettings& settings, const http::Request& request, Announced announced,
                store::DocumentStore& store)
      : settings_(settings),
        type_(announced.type),
        place_(std::move(announced.place)),
        record_(request, settings.kept_fields,
                {.coding = announced.coding, .is_form = is_form(announced.type)}),
        intake_(intake_for(settings, request, announced, store)),
        verification_(std::move(announced.verification)),
        digests_(std::move(announced.digests)) {
    if (announced.coding != http::ContentCoding::identity)
      coded_.emplace(announced.coding, settings.most_bytes, store.memory(), keeps_content(verification_),
                     request.resume());
    if (settings.quarantine)
      as_received_.emplace(*settings.quarantine, size_of(request, http::ContentCoding::identity));
  }

  http::Intake content(Bytes piece) override {
    if (verification_) verification_->add(piece);
    digests_.add(piece);
    if (as_received_ && !as_received_->add(piece)) return busy();
    return coded_ ? coded_->take(piece, next_) : intake_->take(piece);
  }
  http::Intake resumed() override { return coded_ ? coded_->resumed(next_) : http::Accepted{}; }

  /// The room of a document that is not kept is given back before anybody is answered.
  http::Reply complete(http::ReplyLater later) override {
    auto place = std::exchange(place_, std::nullopt);
    std::optional<signatures::Verified> verified;
    if (verification_) {
      auto proven = verification_->finish();
      if (!proven) return at_once(std::move(later), unauthentic(settings_.name, proven.error()));
      verified = *std::move(proven);
    }
    if (const auto digest = digests_.mismatch()) return at_once(std::move(later), other_digest(*digest));
    if (auto refused = finish_content()) return refuse(*std::move(refused), verified, std::move(later));
    if (verified && verified->challenge)
      return at_once(std::move(later), challenge_answer(*verified->challenge));
    auto received = intake_->received();
    if (!received) return refuse(std::move(received.error()), verified, std::move(later));
    as_received_.reset();
    std::string request = record_.text(verified);
    if (auto refused = take_bundle(*received, request.size(), place))
      return at_once(std::move(later), *std::move(refused));
    std::move(received->draft)
        .commit({.request = std::move(request),
                 .key = received->key,
                 .is_binary = type_ == ContentType::any,
                 .bundle = std::move(received->bundle)},
                [later = std::move(later), success = success(), durability = settings_.durability,
                 redirect = is_form(type_) ? settings_.redirect : "", place = std::move(place),
                 memory = std::move(received->memory)](store::Outcome outcome) mutable {
                  if (place && outcome && outcome->is_new()) place->keep();
                  place.reset();
                  std::move(later)(!outcome           ? not_stored(outcome.error())
                                   : redirect.empty() ? recorded(success, *outcome, durability)
                                                      : sent_on(redirect, *outcome));
                });
    return http::Pending{.limit = settings_.commit_timeout, .late = stores_too_long()};
  }

 private:
  std::optional<http::Response> finish_content() {
    if (auto refused = coded_ ? coded_->finish() : std::nullopt) return refused;
    return intake_->finish();
  }

  /// What is authentic, and of which no document can be made.
  http::Reply refuse(http::Response refusal, const std::optional<signatures::Verified>& verified,
                     http::ReplyLater later) {
    if (!as_received_ || !blames_content(refusal)) return at_once(std::move(later), std::move(refusal));
    std::string request = record_.text(verified, refusal.detail);
    return std::move(*as_received_)
        .keep(std::move(request),
              {.status = success(),
               .redirect = is_form(type_) ? settings_.redirect : "",
               .inbox = settings_.name,
               .reason = std::move(refusal.detail),
               .commit_timeout = settings_.commit_timeout},
              std::move(later));
  }

  /// How large the content will be once it is decoded; 0: that is not known.
  static std::uint64_t size_of(const http::Request& request, http::ContentCoding coding) {
    return coding == http::ContentCoding::identity ? request.head.framing.length_bytes : 0;
  }
  static bool keeps_content(const std::optional<signatures::Verification>& verification) {
    return verification && verification->most_kept_bytes() > 0;
  }
  /// A verification that keeps the content takes as much memory as the draft that is counted.
  static JsonIntake::Rest rest_for(const std::optional<signatures::Verification>& verification) {
    return keeps_content(verification) ? JsonIntake::Rest::counted : JsonIntake::Rest::dropped;
  }
  static std::string subject_for(const InboxSettings& settings, ContentType type) {
    if (!is_form(type)) return "The content";
    return settings.unwrap.empty() ? "The form" : "The field " + settings.unwrap;
  }
  static JsonIntake::Judgement judgement_of(ContentType type) {
    const bool is_one_json_text = type != ContentType::any && !is_bundle(type);
    return is_one_json_text ? JsonIntake::Judgement::json : JsonIntake::Judgement::anything;
  }

  static std::unique_ptr<ContentIntake> intake_for(const InboxSettings& settings,
                                                   const http::Request& request, const Announced& announced,
                                                   store::DocumentStore& store) {
    const std::uint64_t bytes = size_of(request, announced.coding);
    const bool is_of_form = is_form(announced.type);
    KeyReader key(settings.keys, request);
    JsonIntake content(is_of_form ? settings.most_form_document_bytes() : settings.most_bytes,
                       store.begin(is_of_form ? 0 : bytes), request.resume(),
                       rest_for(announced.verification), key.wanted(), subject_for(settings, announced.type),
                       judgement_of(announced.type));
    if (announced.type == ContentType::lines)
      return std::make_unique<LinesIntake>(std::move(key), std::move(content), store.memory());
    if (announced.type == ContentType::batch)
      return std::make_unique<BatchIntake>(std::move(key), std::move(content), store.memory());
    DocumentIntake document(std::move(key), std::move(content));
    if (!is_of_form) return std::make_unique<DocumentIntake>(std::move(document));
    return std::make_unique<FormDocumentIntake>(
        FormIntake(announced.boundary, settings.files, settings.most_bytes,
                   settings.most_form_document_bytes(), settings.unwrap, store.begin(bytes),
                   request.resume()),
        std::move(document));
  }

  /// Of several documents each takes room, which is only known now.
  std::optional<http::Response> take_bundle(const Received& received, std::uint64_t request_bytes,
                                            std::optional<store::Room::Place>& place) const {
    const std::uint64_t documents = received.bundle.size();
    if (documents == 0) return std::nullopt;
    const std::uint64_t bytes_of_each =
        received.bytes / documents + store::Particulars::kRecordBytes + request_bytes;
    const std::uint64_t most = store::Particulars::kLargestBundleBytes / bytes_of_each;
    if (documents > most) return too_many_documents(most);
    if (documents < 2 || !settings_.room) return std::nullopt;
    if (!settings_.room->could_take(received.bytes, documents)) return too_much_for_inbox();
    place.reset();
    auto taken = settings_.room->take(received.bytes, documents);
    if (!taken) return no_room(taken.error());
    place.emplace(*std::move(taken));
    return std::nullopt;
  }

  [[nodiscard]] http::Status success() const {
    return type_ == ContentType::reports ? settings_.success_of_reports : settings_.success;
  }

  const InboxSettings& settings_;
  const ContentType type_;
  std::optional<store::Room::Place> place_;
  const RequestRecord record_;
  const std::unique_ptr<ContentIntake> intake_;
  std::optional<CodedContent> coded_;  // the content is coded; what it stands for goes to the intake
  const CodedContent::Next next_ = [this](Bytes slice) { return intake_->take(slice); };
  std::optional<signatures::Verification> verification_;
  DigestCheck digests_;
  std::optional<QuarantineDraft> as_received_;  // nothing: what is no document is refused
};

/// How large the document can be in its record. That which is made of a form may be larger than its content,
/// and what is decoded often is.
std::uint64_t largest_document(const InboxSettings& settings, const http::RequestHead& head,
                               const Announced& announced) {
  const bool is_known = head.framing.kind == http::ContentFraming::Kind::length &&
                        announced.coding == http::ContentCoding::identity;
  const std::uint64_t bytes = is_known ? head.framing.length_bytes : settings.most_bytes;
  if (announced.type == ContentType::any) return base64_size(bytes);
  if (!is_form(announced.type)) return bytes;
  // A control character becomes six in JSON, and no field needs more for each of its own.
  return std::min(settings.most_form_document_bytes(), 6 * bytes + 64);
}

}  // namespace

http::Begin InboxHandler::begin(const http::Request& request) const {
  if (request.head.method == http::Method::options) return allowed_methods();
  if (auto refused = refusal(request.head, *store_, settings_.types, settings_.most_bytes, settings_.codings))
    return *std::move(refused);
  const auto type = settings_.types.of(request.head.fields);
  const auto coding = http::content_coding_of(request.head.fields);
  ASSERT(type.has_value() && coding.has_value());  // else it was refused
  if (is_sent_unasked(request.head.fields) && !settings_.origins.allow(request))
    return foreign_page(settings_.name);
  auto digests = http::content_digests_of(request.head.fields);
  if (!digests) return malformed_digest(std::move(digests.error()));
  Announced announced{.type = *type, .coding = *coding, .digests = *std::move(digests)};
  if (*type == ContentType::multipart) {
    announced.boundary = boundary_of(request.head.fields.only(http::FieldName::content_type).value_or(""));
    if (!announced.boundary) return without_boundary();
  }
  if (settings_.room) {
    auto taken = settings_.room->take(largest_document(settings_, request.head, announced));
    if (!taken) return no_room(taken.error());
    announced.place.emplace(*std::move(taken));
  }
  if (settings_.scheme) {
    auto begun = settings_.scheme->begin(request.head.fields, wall_now());
    if (!begun) return unauthentic(settings_.name, begun.error());
    announced.verification = *std::move(begun);
  }
  return std::make_unique<InboxExchange>(settings_, request, std::move(announced), *store_);
}

http::ErrorForm InboxHandler::error_form(const http::RequestHead& head) const {
  return error_form_of_inbox(head);
}

}  // namespace bobbin::uploads
