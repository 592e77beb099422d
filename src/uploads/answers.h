#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coding/decoder.h"
#include "http/content_coding.h"
#include "http/content_digests.h"
#include "http/error_form.h"
#include "http/request_head.h"
#include "http/response.h"
#include "http/status.h"
#include "json/validator.h"
#include "signatures/refusal.h"
#include "store/document_store.h"
#include "store/room.h"
#include "uploads/content_types.h"

// What an upload may be answered: each function that makes a response is one row of the contract.
namespace bobbin::uploads {

/// How an inbox shows its errors: as a page where a browser has sent a form, taken or not.
[[nodiscard]] http::ErrorForm error_form_of_inbox(const http::RequestHead& head);

/// 201 with the path under which the document can be fetched. `url_path` as in a URI (percent-encoded),
/// without a slash at its end; so neither it nor `name` needs escaping in JSON.
[[nodiscard]] http::Response created(std::string_view url_path, std::string name);

/// 400 that says where and why. Not closing: the content has been read to its end. `subject`: what the text
/// is called, as the beginning of a sentence.
[[nodiscard]] http::Response invalid_json(std::string_view subject, const json::Fault& fault);
/// 400 for content of several documents that has none. `form`: how they would stand there.
[[nodiscard]] http::Response without_documents(std::string_view form);
/// 413 for content of more documents than are taken at once. Not closing, like invalid_json.
[[nodiscard]] http::Response too_many_documents(std::uint64_t most);
/// The same for more than the inbox could hold if it were empty.
[[nodiscard]] http::Response too_much_for_inbox();
/// 400 for a form of which no document can be made.
[[nodiscard]] http::Response unusable_form(std::string reason);
/// 400 for a form whose parts cannot be told apart.
[[nodiscard]] http::Response without_boundary();
/// 415 for a form of which a part is a file.
[[nodiscard]] http::Response takes_no_files(std::string reason);
/// 413 for a form whose document would be too large. Not closing, likewise.
[[nodiscard]] http::Response form_too_large(std::uint64_t maximum_bytes);

[[nodiscard]] http::Response method_not_allowed();
[[nodiscard]] http::Response length_required();
[[nodiscard]] http::Response content_too_large(std::uint64_t maximum_bytes);
[[nodiscard]] http::Response unsupported_media_type(const ContentTypes& taken);
/// `taken`: codings besides identity.
[[nodiscard]] http::Response unsupported_content_coding(http::CodingSet taken);
/// 400 for content that is not what its coding says. Not closing, like invalid_json. There is enough memory.
[[nodiscard]] http::Response undecodable(http::ContentCoding coding, coding::DecodingFault fault);

/// 400 for a field that says nothing of the digest of the content. `reason`: a sentence.
[[nodiscard]] http::Response malformed_digest(std::string reason);
/// 400 for content that does not have the digest that its request names. Not closing, like invalid_json.
[[nodiscard]] http::Response other_digest(const http::ContentDigest& named);

/// 503 with Retry-After.
[[nodiscard]] http::Response unavailable(std::string detail);
/// The same, since too many uploads are under way.
[[nodiscard]] http::Response busy();
/// The same, since nobody knows what will become of a document that is being stored.
[[nodiscard]] http::Response stores_too_long();

/// What an upload is answered from its head alone in this state of the store; nothing when it is taken.
[[nodiscard]] std::optional<http::Response> not_taken(store::DocumentStore::State state);
/// That a record is kept: its id, sequence and digest, unless the status allows no content. Of a document
/// that came before it is the record of that one, and `Idempotent-Replayed: true` says so.
/// Of a bundle: how many documents are new, how many came before, and the sequences of the new ones.
/// `durability`: what is promised, where that has a name; needs no escaping in JSON.
[[nodiscard]] http::Response recorded(http::Status status, const store::Stored& stored,
                                      std::string_view durability = {});
/// That content of which no document can be made is kept, and why, unless the status allows no content. As a
/// success, since its sender can do no more about it.
[[nodiscard]] http::Response quarantined(http::Status status, const store::Stored& stored,
                                         std::string_view reason);
/// Tells the log where such content is kept, and why.
void tell_of_quarantine(const store::Stored& stored, std::string_view inbox, std::string_view reason,
                        http::Response& response);
/// 507 with Retry-After, before any content is taken.
[[nodiscard]] http::Response no_room(store::Room::Obstacle obstacle);
/// 400 for a document that needs a key and has none.
[[nodiscard]] http::Response without_key(std::string reason);
/// 303 to a page for whoever has filled in a form that is kept. `location` as in a URI.
[[nodiscard]] http::Response sent_on(std::string_view location, const store::Stored& stored);
/// 403 for what a page of another origin has made a browser send. The log says how to allow it.
[[nodiscard]] http::Response foreign_page(std::string_view inbox);
/// 401 for what does not prove to come from the sender of the inbox. The same whatever is missing; the log
/// has the reason.
[[nodiscard]] http::Response unauthentic(std::string_view inbox, const signatures::Refusal& refusal);
/// 200 with what a sender asks to be told that wants to know whether it has the right address.
[[nodiscard]] http::Response challenge_answer(std::string_view challenge);

/// What a complete upload is answered that was not stored. No space → 507, out of descriptors or memory →
/// 503, else 500.
[[nodiscard]] http::Response not_stored(const store::NotStored& why);

}  // namespace bobbin::uploads
