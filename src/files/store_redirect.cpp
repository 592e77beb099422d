// How FileHandler answers for a file that clients get from the object store themselves (Contents::redirects).
#include <memory>
#include <string>
#include <utility>

#include "files/failure.h"
#include "files/file_handler.h"
#include "files/validators.h"
#include "http/content_disposition.h"
#include "http/field_syntax.h"
#include "os/attributes.h"

namespace bobbin::files {
namespace {

/// RFC 9110 §15.4.8: 307, since the address is good for a while only. Whoever has it needs nothing else, so
/// nobody may keep it for others.
http::Response redirect_to_store(const std::string& url) {
  http::Response response = http::Response::with_content(http::Status::temporary_redirect, "", {});
  response.add_field("Location", url);
  response.forbid_storing();
  return response;
}

/// What the answer would say if it were given here.
Contents::Fields fields_for_store(const Subject& subject) {
  const Presentation& shown = subject.presentation;
  Contents::Fields fields{.media_type = std::string(shown.media_type)};
  if (shown.attachment)
    fields.disposition = http::attachment(http::decoded_name(subject.name, shown.stored_coding));
  if (subject.coding != http::ContentCoding::identity) fields.coding = http::name_of(subject.coding);
  return fields;
}

}  // namespace

bool FileHandler::is_redirected(const OpenFile& file) const {
  return settings_.contents != nullptr && settings_.contents->redirects(file.status().size_bytes);
}

/// Those that the store says itself, so that a client may compare what it was told here and there.
http::Validators FileHandler::validators_of_store(const OpenFile& file, const Subject& subject) const {
  http::Validators current =
      validators(file.status(), file.looked_at(), subject.validator_settings, object_tag(file));
  if (const auto tag = os::attribute(file.descriptor(), kObjectTag)) {
    std::string etag = '"' + *tag + '"';
    if (http::FieldValueReader(etag).entity_tag() == etag) current.etag = std::move(etag);
  }
  return current;
}

/// Steps 7 to 9, but that a range is for the store to give.
http::Begin FileHandler::answer_of_store(const http::Request& request, const std::string& name,
                                         const OpenFile& file, const Subject& subject) const {
  const http::Validators current = validators_of_store(file, subject);
  const Description description = description_of(subject, current);
  switch (judge_preconditions(request, current, file.looked_at())) {
    case http::PreconditionVerdict::failed: return precondition_failed();
    case http::PreconditionVerdict::not_modified: return not_modified(description);
    case http::PreconditionVerdict::proceed: break;
  }
  if (request.head.method == http::Method::head) return described(description, file.status().size_bytes);

  request.note("redirect", {"to the object store, from where clients get files of this size themselves "
                            "(--s3-redirect-from): it has ",
                            std::to_string(file.status().size_bytes), " bytes"});
  const auto reply = std::make_shared<http::ReplyLater>(request.reply_later());
  const bool is_asked = settings_.contents->find_address(
      name, fields_for_store(subject),
      [reply, path = std::string(request.path)](const Contents::Address& found) {
        std::move (*reply)(found.url.empty() ? content_is_away(path, found.retry_after)
                                             : redirect_to_store(found.url));
      });
  const auto away = [&] { return content_is_away(request.path, Contents::Address().retry_after); };
  if (is_asked) return http::Pending{.limit = settings_.contents->patience(), .late = away()};
  std::move(*reply).forget();
  return away();
}

}  // namespace bobbin::files
