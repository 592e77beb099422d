#include "uploads/answers.h"

#include <cerrno>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "http/accept.h"
#include "json/object.h"

namespace bobbin::uploads {

using http::Response;
using http::Status;

namespace {

Response closed() { return unavailable("The disk has failed, and no uploads are accepted for now."); }

Response occupied() {
  return unavailable(
      "Another server stores documents in the same folder. Uploads are accepted once it has ended.");
}

Response store_unreachable() { return unavailable("The object store does not answer."); }

Response storage_failure(const Error& error) {
  switch (error.code) {
    case ENOSPC:
    case EDQUOT:
      return Response::error(Status::insufficient_storage, "There is no space left to store the document.");
    case EMFILE:
    case ENFILE:
    case ENOMEM: return unavailable("The server is too busy to store the document.");
    default: break;
  }
  Response response = Response::error(Status::internal_server_error, "The document could not be stored.");
  response.close = true;
  return response;
}

/// Whether it is a document that came before, to the client; and one that did not, to the log.
void tell_of(const store::Stored& stored, Response& response) {
  if (!stored.is_new()) return response.add_field("Idempotent-Replayed", "true");
  response.log_fields.action = http::HandlerLogFields::Action::created_file;
  response.log_fields.subject = stored.name;
  if (!stored.bundle) return;
  response.log_fields.subject = stored.bundle->first_name;
  if (stored.bundle->documents > 1)
    response.log_fields.subject += fmt::format(" and {} more", stored.bundle->documents - 1);
}

/// `durability`: what a 201 promises, where that has a name.
std::string durability_member(std::string_view durability) {
  return durability.empty() ? "" : fmt::format(R"(,"durability":"{}")", durability);
}

std::string receipt_of(const store::Stored& stored, std::string_view durability) {
  return fmt::format(R"({{"status":"success","id":"{}","sequence":{},"sha256":"{}"{}}})", stored.id,
                     stored.sequence, crypto::hex_of(stored.digest), durability_member(durability));
}

std::string receipt_of(const store::StoredBundle& bundle, std::string_view durability) {
  const std::string sequences =
      bundle.documents == 0 ? ""
                            : fmt::format(R"(,"first_sequence":{},"last_sequence":{})", bundle.first_sequence,
                                          bundle.first_sequence + bundle.documents - 1);
  return fmt::format(R"({{"status":"success","stored":{},"repeated":{}{}{}}})", bundle.documents,
                     bundle.repetitions, sequences, durability_member(durability));
}

std::string reason_of(std::string_view coding, coding::DecodingFault fault) {
  using Fault = coding::DecodingFault;
  switch (fault) {
    case Fault::truncated: return fmt::format("The content ends before what is coded in {} does.", coding);
    case Fault::trailing_bytes:
      return fmt::format("There is something behind the end of what is coded in {}.", coding);
    case Fault::window_too_large:
      return fmt::format("The content is coded in {} with a window of more than 8 MiB (RFC 9659).", coding);
    case Fault::needs_dictionary:
      return fmt::format("The content is coded in {} with a dictionary, and none is known here.", coding);
    case Fault::damaged:
    case Fault::no_memory: break;
  }
  return fmt::format("The content is not valid {}, which its Content-Encoding names.", coding);
}

}  // namespace

http::ErrorForm error_form_of_inbox(const http::RequestHead& head) {
  const bool is_of_browser = is_sent_by_form(head.fields) && http::accepted_types(head).names_html;
  return is_of_browser ? http::ErrorForm::page : http::ErrorForm::problem;
}

Response created(std::string_view url_path, std::string name) {
  constexpr std::string_view kStart =
      R"({"status": "success", "message": "File created successfully", "filepath": ")";
  constexpr std::string_view kEnd = R"("})";
  std::string path;
  path.reserve(url_path.size() + 1 + name.size());
  path.append(url_path).append("/").append(name);
  std::string content;
  content.reserve(kStart.size() + path.size() + kEnd.size());
  content.append(kStart).append(path).append(kEnd);
  Response response = Response::with_content(Status::created, "application/json", std::move(content));
  response.add_field("Location", path);
  response.log_fields.action = http::HandlerLogFields::Action::created_file;
  response.log_fields.subject = std::move(name);
  return response;
}

Response invalid_json(std::string_view subject, const json::Fault& fault) {
  return Response::error(Status::bad_request,
                         fmt::format("{} is not valid JSON: {} at line {}, column {} (byte {}).", subject,
                                     fault.reason, fault.line, fault.column, fault.byte_offset));
}

Response without_documents(std::string_view form) {
  return Response::error(Status::bad_request, fmt::format("The content has no document: {}.", form));
}

Response too_many_documents(std::uint64_t most) {
  return Response::error(
      Status::content_too_large,
      fmt::format("At most {} documents like these are taken at once, since what is known of the request is "
                  "kept with each. Send them in several requests.",
                  most));
}

Response too_much_for_inbox() {
  return Response::error(
      Status::content_too_large,
      "These documents are more than this inbox may ever hold. Send them in several requests.");
}

Response unusable_form(std::string reason) { return Response::error(Status::bad_request, std::move(reason)); }

Response without_boundary() {
  return Response::error(
      Status::bad_request,
      "A form of the type multipart/form-data needs a boundary in its Content-Type, of 1 to 70 "
      "characters (RFC 2046).");
}

Response takes_no_files(std::string reason) {
  return Response::error(Status::unsupported_media_type, std::move(reason));
}

Response form_too_large(std::uint64_t maximum_bytes) {
  return Response::error(Status::content_too_large,
                         fmt::format("As JSON the form would have more than {} bytes.", maximum_bytes));
}

Response method_not_allowed() {
  Response response = Response::error(Status::method_not_allowed, "Documents are uploaded with POST.");
  response.add_field("Allow", "POST, OPTIONS");
  return response;
}

Response length_required() {
  return Response::error(Status::length_required,
                         "An upload needs a Content-Length, or the chunked transfer coding.");
}

Response content_too_large(std::uint64_t maximum_bytes) {
  Response response = Response::error(Status::content_too_large,
                                      fmt::format("An upload may hold at most {} bytes.", maximum_bytes));
  response.close = true;
  return response;
}

Response unsupported_media_type(const ContentTypes& taken) {
  Response response =
      Response::error(Status::unsupported_media_type,
                      fmt::format("{} accepted, named by one Content-Type field.", taken.sentence()));
  response.add_field("Accept-Post", taken.accept_post());
  return response;
}

Response unsupported_content_coding(http::CodingSet taken) {
  std::vector<std::string_view> names;
  for (const http::ContentCoding coding : http::kContentCodings)
    if (taken.has(coding)) names.push_back(name_of(coding));
  Response response = Response::error(
      Status::unsupported_media_type,
      names.empty()
          ? "Content codings are not accepted: send the content as it is."
          : fmt::format("The content may have one content coding, {}, or none.", fmt::join(names, " or ")));
  // RFC 9110 §12.5.3: tells this 415 from the one for the type.
  response.add_field("Accept-Encoding",
                     names.empty() ? "identity" : fmt::format("{}", fmt::join(names, ", ")));
  return response;
}

Response undecodable(http::ContentCoding coding, coding::DecodingFault fault) {
  return Response::error(Status::bad_request, reason_of(name_of(coding), fault));
}

Response malformed_digest(std::string reason) {
  Response response = Response::error(Status::bad_request, std::move(reason));
  response.add_field("Want-Content-Digest", "sha-256=10, sha-512=9");  // RFC 9530 §4
  return response;
}

Response other_digest(const http::ContentDigest& named) {
  return Response::error(Status::bad_request, fmt::format("The content does not have the {} that {} names.",
                                                          name_of(named.algorithm), named.field));
}

Response unavailable(std::string detail) {
  Response response = Response::error(Status::service_unavailable, std::move(detail));
  response.add_field("Retry-After", "5");
  response.close = true;
  return response;
}

Response stores_too_long() { return unavailable("Storing takes too long. It may or may not succeed."); }

Response busy() { return unavailable("Too many uploads are under way. Try again in a moment."); }

std::optional<Response> not_taken(store::DocumentStore::State state) {
  using State = store::DocumentStore::State;
  switch (state) {
    case State::open: return std::nullopt;
    case State::occupied: return occupied();
    case State::full: return storage_failure({ENOSPC, "recovery"});
    case State::unreachable: return store_unreachable();
    case State::closed: break;
  }
  return closed();
}

Response recorded(Status status, const store::Stored& stored, std::string_view durability) {
  Response response;
  response.status = status;
  if (status != Status::no_content)
    response = Response::with_content(
        status, "application/json",
        stored.bundle ? receipt_of(*stored.bundle, durability) : receipt_of(stored, durability));
  tell_of(stored, response);
  return response;
}

Response quarantined(Status status, const store::Stored& stored, std::string_view reason) {
  Response response;
  response.status = status;
  if (status == Status::no_content) return response;
  std::string content =
      fmt::format(R"({{"status":"quarantined","id":"{}","sequence":{},"sha256":"{}","detail":)", stored.id,
                  stored.sequence, crypto::hex_of(stored.digest));
  json::append_string(content, reason);
  return Response::with_content(status, "application/json", content + '}');
}

void tell_of_quarantine(const store::Stored& stored, std::string_view inbox, std::string_view reason,
                        Response& response) {
  if (reason.ends_with('.')) reason.remove_suffix(1);
  response.log_fields.action = http::HandlerLogFields::Action::created_file;
  response.log_fields.subject = "quarantine/" + stored.name;
  response.log_fields.cause = fmt::format("Inbox {}: kept in quarantine: {}", inbox, reason);
}

Response sent_on(std::string_view location, const store::Stored& stored) {
  Response response;
  response.status = Status::see_other;
  response.add_field("Location", location);
  tell_of(stored, response);
  return response;
}

Response foreign_page(std::string_view inbox) {
  Response response = Response::error(Status::forbidden, "Pages of other sites may not send anything here.");
  response.log_fields.refused = http::Refused::origin;
  response.log_fields.violation =
      fmt::format("Inbox {}: sent by a page of another site (to allow it: origins of the inbox)", inbox);
  return response;
}

Response no_room(store::Room::Obstacle obstacle) {
  Response response = Response::error(
      Status::insufficient_storage,
      obstacle == store::Room::Obstacle::disk
          ? "The disk of this inbox has too little space left. Try again later."
          : "This inbox holds as much as it may until its documents are taken out. Try again later.");
  response.add_field("Retry-After", "30");
  return response;
}

Response without_key(std::string reason) { return Response::error(Status::bad_request, std::move(reason)); }

Response unauthentic(std::string_view inbox, const signatures::Refusal& refusal) {
  Response response = Response::error(
      Status::unauthorized, "The request does not prove that it comes from the sender of this inbox.");
  // RFC 9110 §15.5.2: with a challenge. No registered scheme stands for signatures of webhooks.
  response.add_field("WWW-Authenticate", "Signature");
  response.log_fields.refused = http::Refused::signature;
  response.log_fields.violation = fmt::format("Inbox {}: {} ({})", inbox, name_of(refusal.reason),
                                              refusal.field.empty() ? "content" : refusal.field);
  return response;
}

Response challenge_answer(std::string_view challenge) {
  return Response::with_content(Status::ok, "text/plain; charset=utf-8", std::string(challenge));
}

Response not_stored(const store::NotStored& why) {
  using Reason = store::NotStored::Reason;
  switch (why.reason) {
    case Reason::busy: return busy();
    case Reason::closed: return closed();
    case Reason::unreachable:
      return unavailable("The object store does not answer. The document may or may not be stored.");
    case Reason::conflict:
      return Response::error(Status::unprocessable_content,
                             "Another document was sent before under what identifies this one.");
    case Reason::failed: break;
  }
  return storage_failure(why.cause);
}

}  // namespace bobbin::uploads
