// How FileHandler answers for a file that it has found, by steps 6 to 9; file_handler.cpp finds it.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "coding/encoder.h"
#include "files/conditions.h"
#include "files/failure.h"
#include "files/file_handler.h"
#include "files/leased_file.h"
#include "files/validators.h"
#include "http/precondition.h"
#include "http/target.h"
#include "os/attributes.h"

namespace bobbin::files {
namespace {

using http::Compression;
using http::ContentCoding;
using http::FieldName;
using http::last_segment;
using http::Method;
using http::Request;
using http::Response;
using http::Status;
using Form = CachedFile::Form;
using Kind = os::FileStatus::Kind;

// A digest of so much is waited for; of a larger file it is given from the next request on.
constexpr std::uint64_t kLargestAwaitedBytes = 256 * 1024 * 1024;
constexpr std::string_view kBinary = "application/octet-stream";

Response took_too_long() {
  return Response::error(Status::service_unavailable, "It took too long to read the file. Please try again.");
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

Form not_modified_form(Form content) { return static_cast<Form>(static_cast<int>(content) + 1); }

bool is_plain(ContentCoding coding) { return coding == ContentCoding::identity; }

bool is_coded_by_us(Form form) { return form >= Form::gzip && form <= Form::zstd_not_modified; }
/// Of content that we have coded.
Form form_of(ContentCoding coding) { return coding == ContentCoding::gzip ? Form::gzip : Form::zstd; }

/// In which coding a file is given, and whether that is a sibling of it.
struct Choice {
  ContentCoding coding = ContentCoding::identity;
  bool is_sibling = false;
};

/// `can_be_live`: whether it can be coded by us. Nothing: the client takes no coding that there is.
std::optional<Choice> choose(const http::AcceptedCodings& accepted, const Codings& codings,
                             std::uint64_t size_bytes, bool can_be_live) {
  http::CodingSet made;
  if (codings.compression == Compression::on && can_be_live && size_bytes >= LiveCoding::kSmallestBytes)
    made = coding::kEncodings;
  const auto best = accepted.best_of(codings.siblings, made);
  if (!best) return std::nullopt;
  return Choice{.coding = *best, .is_sibling = codings.siblings.has(*best)};
}

/// What is kept with a response.
struct Offer {
  FileCache& cache;
  const FileKey& key;
  const os::FileStatus& status;
  const http::Validators& validators;
  Form form;
  Codings codings = {};
};

/// Has the cache keep what comes in this form.
LiveCoding::Keep keeper(const Request& request, const Offer& offer, Form form) {
  return [&cache = offer.cache, name = std::string(offer.key.name()), status = offer.status,
          validators = offer.validators, codings = offer.codings, form, round = request.round,
          variant = request.variant](http::PreparedResponse prepared) {
    const FileKey key(name);
    prepared.variant = variant;
    cache.keep(key, status, validators, form, std::move(prepared), round);
    cache.note_codings(key, codings, variant);
  };
}

/// Has the cache keep the response, if that can be reused and the cache admits it.
void offer_to_cache(Response& response, const Request& request, const Offer& offer) {
  const auto* content = std::get_if<std::string>(&response.content);
  const bool is_whole = response.status == Status::ok && content != nullptr;
  if (!is_whole && response.status != Status::not_modified) return;
  if (!offer.cache.admits(offer.key, is_whole ? content->size() : 0)) return;
  response.keep = keeper(request, offer, is_whole ? offer.form : not_modified_form(offer.form));
}

}  // namespace

/// Nothing: the file has to be opened.
std::optional<http::Begin> FileHandler::answer_from_cache(const http::Request& request, OfWorker& own,
                                                          const FileKey& key) const {
  const Conditions conditions = conditions_of(request.head);
  if (conditions.needs_the_file) return std::nullopt;
  const CachedFile* file = own.cache.find(key, request.round);
  if (file == nullptr || file->variant != request.variant) return std::nullopt;
  if (file->codings.is_codable() && request.head.fields.has(FieldName::accept_encoding))
    return coded_from_cache(request, own, key, *file, conditions.has_preconditions);
  return answer_from_cache(request,
                           {.file = *file,
                            .form = Form::content,
                            .validators = file->validators,
                            .name = last_segment(key.name()),
                            .varies_by_coding = file->codings.is_codable()},
                           conditions.has_preconditions);
}

std::optional<http::Begin> FileHandler::answer_from_cache(const http::Request& request,
                                                          const CachedRepresentation& cached,
                                                          bool has_preconditions) const {
  using Verdict = http::PreconditionVerdict;
  const Verdict verdict =
      has_preconditions ? http::evaluate_preconditions(request.head.fields, cached.validators, wall_now())
                        : Verdict::proceed;
  if (verdict == Verdict::failed) return precondition_failed();
  const bool is_head = request.head.method == Method::head;
  if (verdict == Verdict::proceed && is_head && !is_coded_by_us(cached.form)) {
    const auto shown = presentation(request, cached.name);
    if (!shown) return std::nullopt;
    return described({.name = cached.name,
                      .presentation = *shown,
                      .validators = cached.validators,
                      .date = request.date,
                      .fields = settings_.fields,
                      .coding = is_plain(cached.coding) ? shown->stored_coding : cached.coding,
                      .varies_by_coding = cached.varies_by_coding},
                     cached.file.status.size_bytes);
  }
  const auto* kept =
      cached.file.response(verdict == Verdict::proceed ? cached.form : not_modified_form(cached.form));
  if (kept == nullptr) return std::nullopt;
  return kept;
}

/// `file`: of this key.
std::optional<http::Begin> FileHandler::coded_from_cache(const http::Request& request, OfWorker& own,
                                                         const FileKey& key, const CachedFile& file,
                                                         bool has_preconditions) const {
  if (file.codings.known_until < recent_now()) return std::nullopt;
  const auto choice = choose(own.accepted(request.head.fields), file.codings, file.status.size_bytes, true);
  if (!choice) return std::nullopt;
  CachedRepresentation cached{.file = file,
                              .form = Form::content,
                              .validators = file.validators,
                              .name = last_segment(key.name()),
                              .coding = choice->coding,
                              .varies_by_coding = true};
  if (is_plain(choice->coding)) return answer_from_cache(request, cached, has_preconditions);
  if (!choice->is_sibling) {
    cached.form = form_of(choice->coding);
    if (!has_preconditions) return answer_from_cache(request, cached, false);
    const http::Validators coded = coded_validators(file.validators, choice->coding);
    return answer_from_cache(
        request, {.file = file, .form = cached.form, .validators = coded, .name = cached.name}, true);
  }
  const WallTime modified = file.status.modified;
  own.sibling_name.assign(key.name()).append(file_name_end(choice->coding));
  const CachedFile* sibling = own.cache.find(FileKey(own.sibling_name), request.round);
  if (sibling == nullptr || sibling->variant != request.variant || sibling->status.modified < modified)
    return std::nullopt;
  return answer_from_cache(request,
                           {.file = *sibling,
                            .form = Form::as_sibling,
                            .validators = sibling->validators,
                            .name = cached.name,
                            .coding = choice->coding,
                            .varies_by_coding = true},
                           has_preconditions);
}

const http::AcceptedCodings& FileHandler::OfWorker::accepted(const http::Fields& fields) {
  const auto value = fields.only(FieldName::accept_encoding);
  if (!value) {
    accept_encoding.clear();
    accepted_codings = http::AcceptedCodings::of(fields);
  } else if (*value != accept_encoding) {
    accept_encoding = *value;
    accepted_codings = http::AcceptedCodings::of(*value);
  }
  return accepted_codings;
}

http::Begin FileHandler::answer(const http::Request& request, OfWorker& own, const FileKey& key,
                                OpenFile file) const {
  const std::string_view name = last_segment(key.name());
  const auto shown = presentation(request, name);
  if (!shown) {
    request.note("type", {"--allow-type does not have the extension of ", name});
    return Response::error(Status::unsupported_media_type, "Files of this type are not served here.");
  }
  request.note("type", {shown->media_type, shown->attachment ? ", offered as a download" : ", shown"});
  Subject subject{.name = name,
                  .presentation = *shown,
                  .validator_settings = {.file_system_id = own.file_system_id.of(file),
                                         .seed = settings_.tag_seed,
                                         .trust_mtime = settings_.trust_mtime},
                  .date = request.date,
                  .fields = settings_.fields,
                  .coding = shown->stored_coding};
  const http::AcceptedCodings accepted = own.accepted(request.head.fields);
  Codings codings{.compression = compression_of(request, file, name, *shown)};
  // Where the client takes none, nobody looks.
  if (codings.is_codable() && !accepted.is_identity_alone())
    look_for_siblings(request, own, key, file.status(), codings);
  subject.varies_by_coding = codings.is_codable();
  if (file.is_leased()) return answer_after_lease(request, std::move(file), subject, executor_);
  if (!is_plain(shown->stored_coding))
    request.note("coding", {http::name_of(shown->stored_coding), ", in which the file is stored"});
  if (codings.is_codable()) {
    // Of what we code there is neither a range nor a digest before it has been coded.
    const bool can_be_live = !request.head.fields.has(FieldName::range) && !wants_digest(request.head);
    const auto choice = choose(accepted, codings, file.status().size_bytes, can_be_live);
    request.note("coding", {!choice ? "none that there is, and the client refuses the file as it is"
                            : is_plain(choice->coding) ? "none: the file as it is"
                                                       : http::name_of(choice->coding),
                            !choice || is_plain(choice->coding) ? ""
                            : choice->is_sibling                ? ", from a file that is there in it"
                                                                : ", made by the server"});
    if (!choice) return not_acceptable();
    subject.coding = choice->coding;
    if (!is_plain(choice->coding)) {
      auto coded = choice->is_sibling ? answer_with_sibling(request, own, key, file, subject, codings)
                                      : answer_live(request, own, key, file, subject, codings);
      if (coded) return *std::move(coded);
      request.note("coding", {"none after all: it cannot be given now"});
      subject.coding = ContentCoding::identity;
    }
  }
  return answer_with(request, own, std::move(file), subject,
                     {.key = key, .form = Form::content, .codings = codings});
}

/// It is computed the first time that somebody asks, and for a large file nobody waits.
FileHandler::Content FileHandler::content_of(const http::Request& request, const OpenFile& file) const {
  const Digests::Outcome outcome = digests_.ask(file, request.resume());
  // A file that changes all the time would be waited for again and again. Those of a bucket do not change.
  const bool may_wait = !request.is_asked_again || settings_.contents != nullptr;
  const bool is_awaited =
      outcome.is_under_way && may_wait && file.status().size_bytes <= kLargestAwaitedBytes;
  return {.digest = outcome.digest, .is_awaited = is_awaited};
}

/// Of a file that stands for an object of a bucket: a digest of what the store says of its content, which is
/// the same whether the content is here or not, and on all machines. Nothing: it is none, or says nothing.
std::optional<crypto::Digest> FileHandler::object_tag(const OpenFile& file) const {
  if (settings_.contents == nullptr || file.is_leased()) return std::nullopt;
  const auto tag = os::attribute(file.descriptor(), kObjectTag);
  if (!tag) return std::nullopt;
  return crypto::sha256(*tag + " " + std::to_string(file.status().size_bytes));
}

/// Whether a placeholder is not enough.
bool FileHandler::needs_content(const Request& request, const OpenFile& file, const Subject& subject) const {
  if (makes_tags_from_content() || wants_digest(request.head)) return true;
  if (request.head.method == Method::head) return false;
  const http::Validators current =
      validators(file.status(), file.looked_at(), subject.validator_settings, subject.content);
  return http::evaluate_preconditions(request.head.fields, current, file.looked_at()) ==
         http::PreconditionVerdict::proceed;
}

http::Begin FileHandler::content_first(const Request& request, std::string_view name,
                                       const OpenFile& placeholder) const {
  return without_content(
      request, settings_.contents->fetch(std::string(name), placeholder.status(), request.resume()));
}

http::Begin FileHandler::without_content(const Request& request, const Contents::Outcome& outcome) const {
  request.note("content", {outcome.is_under_way ? "it is fetched from the object store first"
                                                : "it is not here, and cannot be had now"});
  if (!outcome.is_under_way) return content_is_away(request.path, outcome.retry_after);
  return http::Undecided{.limit = settings_.contents->patience(),
                         .late = content_is_away(request.path, outcome.retry_after)};
}

/// Steps 7 to 9, of a placeholder whose content is given while it is fetched. Nothing of it is kept.
http::Begin FileHandler::as_it_comes(const Request& request, std::string_view name, OpenFile placeholder,
                                     Subject subject) const {
  const auto tag = os::attribute(placeholder.descriptor(), kObjectTag);
  if (!tag) return content_first(request, name, placeholder);
  Contents::Outcome outcome =
      settings_.contents->join(std::string(name), placeholder.status(), *tag, request.resume());
  if (outcome.growing == nullptr) return without_content(request, outcome);
  subject.growing = std::move(outcome.growing);
  auto made = represent(request, std::move(placeholder), subject, executor_);
  if (!made && made.error().code == EINPROGRESS) return without_content(request, outcome);
  if (!made) return answer_to(made.error(), request.path);
  request.note("content", {"it is given while it is fetched from the object store"});
  return std::move(made->response);
}

/// Steps 7 to 9, of a file that is not coded by us.
http::Begin FileHandler::answer_with(const http::Request& request, OfWorker& own, OpenFile file,
                                     Subject subject, const Keeping& keeping) const {
  if (is_redirected(file)) return answer_of_store(request, std::string(keeping.key.name()), file, subject);
  std::string digest;
  const bool wants = wants_digest(request.head);
  subject.content = object_tag(file);
  if (file.is_placeholder() && needs_content(request, file, subject))
    return wants || makes_tags_from_content()
               ? content_first(request, keeping.key.name(), file)
               : as_it_comes(request, keeping.key.name(), std::move(file), std::move(subject));
  if (wants || makes_tags_from_content()) {
    const Content content = content_of(request, file);
    if (content.is_awaited) return http::Undecided{.late = took_too_long()};
    if (wants && content.digest) digest = repr_digest_line(*content.digest);
    if (makes_tags_from_content()) subject.content = content.digest;
    subject.digest = digest;
  }
  auto made = represent(request, std::move(file), subject, executor_);
  if (!made) return answer_to(made.error(), request.path);
  const bool is_tag_of_content = makes_tags_from_content() || settings_.contents != nullptr;
  const bool has_final_tag = !is_tag_of_content || (subject.content && made->is_of_first_look);
  if (digest.empty() && has_final_tag && !could_change_unseen(made->status, made->looked_at))
    offer_to_cache(made->response, request,
                   {.cache = own.cache,
                    .key = keeping.key,
                    .status = made->status,
                    .validators = made->validators,
                    .form = keeping.form,
                    .codings = keeping.codings});
  return std::move(made->response);
}

/// How much of the file may be compressed, as its type and the rules say.
Compression FileHandler::compression_of(const http::Request& request, const OpenFile& file,
                                        std::string_view name, const Presentation& shown) const {
  const Compression allowed = request.file_rules.compression.value_or(settings_.compression);
  if (allowed == Compression::off || !is_plain(shown.stored_coding)) return Compression::off;
  // What is offered as a download has another type than its own.
  const std::string_view type = shown.attachment ? types_.for_file_name(name) : shown.media_type;
  if (!http::is_compressible(type)) return Compression::off;
  // What is not given here is not coded here either; the store may have it in a coding.
  return is_redirected(file) ? Compression::prepared : allowed;
}

/// What is found is noted, so that the next requests need not look.
void FileHandler::look_for_siblings(const http::Request& request, OfWorker& own, const FileKey& key,
                                    const os::FileStatus& status, Codings& codings) const {
  constexpr Duration kKnownFor = seconds(1);
  for (const ContentCoding coding : http::kContentCodings) {
    own.sibling_name.assign(key.name()).append(file_name_end(coding));
    const auto sibling = os::status_beneath(root_, own.sibling_name);
    if (sibling && sibling->kind == Kind::regular && sibling->modified >= status.modified)
      codings.siblings.add(coding);
  }
  codings.known_until = recent_now() + kKnownFor;
  own.cache.note_codings(key, codings, request.variant);
}

/// Nothing: it is no longer there.
std::optional<http::Begin> FileHandler::answer_with_sibling(const http::Request& request, OfWorker& own,
                                                            const FileKey& key, const OpenFile& original,
                                                            const Subject& subject,
                                                            const Codings& codings) const {
  own.sibling_name.assign(key.name()).append(file_name_end(subject.coding));
  auto file = OpenFile::open(root_, own.sibling_name);
  if (!file || file->status().kind != Kind::regular || file->is_leased() ||
      file->status().modified < original.status().modified)
    return std::nullopt;
  const FileKey sibling(own.sibling_name);
  http::Begin answer =
      answer_with(request, own, *std::move(file), subject, {.key = sibling, .form = Form::as_sibling});
  // Of what is redirected nothing is kept.
  if (std::holds_alternative<http::Undecided>(answer) || is_redirected(original)) return answer;
  // The file itself is looked at for each request, so it is worth a place, too. Nobody waits for its digest.
  std::optional<crypto::Digest> content = object_tag(original);
  if (makes_tags_from_content()) content = digests_.ask(original, request.resume()).digest;
  if ((content || !makes_tags_from_content()) &&
      !could_change_unseen(original.status(), original.looked_at()) && own.cache.admits(key, 0))
    own.cache.keep(key, original.status(),
                   validators(original.status(), original.looked_at(), subject.validator_settings, content),
                   codings, request.variant, request.round);
  return answer;
}

/// Nothing: it is given as it is.
std::optional<http::Begin> FileHandler::answer_live(const http::Request& request, OfWorker& own,
                                                    const FileKey& key, OpenFile& file,
                                                    const Subject& subject, const Codings& codings) const {
  const os::FileStatus status = file.status();
  std::optional<crypto::Digest> content = object_tag(file);
  if (makes_tags_from_content()) {
    if (file.is_placeholder()) return content_first(request, key.name(), file);
    const Content found = content_of(request, file);
    if (found.is_awaited) return http::Undecided{.late = took_too_long()};
    content = found.digest;
  }
  const http::Validators original = validators(status, file.looked_at(), subject.validator_settings, content);
  const http::Validators coded = coded_validators(original, subject.coding);
  const Description description = coded_description(subject, coded);
  const Offer offer{.cache = own.cache,
                    .key = key,
                    .status = status,
                    .validators = original,
                    .form = form_of(subject.coding),
                    .codings = codings};
  const bool can_be_kept =
      (content || !makes_tags_from_content()) && !could_change_unseen(status, file.looked_at());
  switch (judge_preconditions(request, coded, file.looked_at())) {
    case http::PreconditionVerdict::failed: return precondition_failed();
    case http::PreconditionVerdict::not_modified: {
      Response response = not_modified(description);
      if (can_be_kept) offer_to_cache(response, request, offer);
      return response;
    }
    case http::PreconditionVerdict::proceed: break;
  }
  if (request.head.method == Method::head) return described(description, std::nullopt);
  if (file.is_placeholder()) return content_first(request, key.name(), file);
  LiveCoding::Keep keep;
  if (can_be_kept && own.cache.admits(key, status.size_bytes / 4)) keep = keeper(request, offer, offer.form);
  return own.live_coding.answer(request, file, subject, coded, std::move(keep));
}

/// Where mounts have no number of their own it is asked each time. Of a file system that cannot say it, 0.
std::uint64_t FileHandler::FileSystemId::of(const OpenFile& file) {
  const std::uint64_t mount = file.status().mount;
  if (mount == 0 || mount != mount_) id_ = file.file_system_id().value_or(0);
  mount_ = mount;
  return id_;
}

bool FileHandler::is_allowed_type(std::string_view name) const {
  return settings_.allowed_types.empty() || contains(settings_.allowed_types, http::extension(name));
}

/// Step 6. Nothing: not allowed.
std::optional<Presentation> FileHandler::presentation(const http::Request& request,
                                                      std::string_view name) const {
  const http::FileRules& rules = request.file_rules;
  const ContentCoding ruled_coding = rules.stored_coding.value_or(ContentCoding::identity);
  if (!is_plain(ruled_coding)) name = http::decoded_name(name, ruled_coding);
  if (!is_allowed_type(name)) return std::nullopt;
  const std::string extension = http::extension(name);
  if (rules.attachment.value_or(contains(settings_.downloads, extension)))
    return Presentation{.media_type = kBinary, .attachment = true, .stored_coding = ruled_coding};
  Presentation shown{.media_type = types_.for_file_name(name), .stored_coding = ruled_coding};
  // What no browser can show is saved, and under its own name.
  shown.attachment = rules.attachment.value_or(shown.media_type == kBinary);
  if (!rules.stored_coding && extension == "svgz") shown.stored_coding = ContentCoding::gzip;
  return shown;
}

}  // namespace bobbin::files
