#include "files/representation.h"

#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "files/file_source.h"
#include "files/multipart.h"
#include "http/content_disposition.h"
#include "http/date.h"
#include "http/media_type.h"
#include "http/range.h"

namespace bobbin::files {
namespace {

using http::ByteRange;
using http::Method;
using http::RangeSelection;
using http::Request;
using http::Response;
using http::Status;

// How often a small file is read again that changes while it is read. One that changes all the time has no
// content to speak of: the client is asked to come back.
constexpr int kReadAttempts = 4;

// Up to here one send from memory costs less than a second call for sendfile.
constexpr std::uint64_t kReadToMemoryBytes = 64 * 1024;

/// What a 304 has, too.
void add_common_fields(Response& response, const Description& file) {
  const http::Validators& current = file.validators;
  response.add_field("ETag", current.etag);
  // RFC 9110 §8.8.2.1: never later than Date, although the file may have changed since.
  if (current.last_modified)
    response.add_field("Last-Modified", http::format_date(std::min(*current.last_modified, file.date)));
  response.fields += file.fields;
  if (file.varies_by_coding) response.add_field("Vary", "Accept-Encoding");
}

/// Step 8: which parts are asked for. RFC 9110 §14.2: Range means something for GET only. It may not be
/// repeated, so several lines of it are malformed, and a malformed Range is ignored.
RangeSelection ranges_of(const Request& request, const http::Validators& current, const OpenFile& file) {
  if (request.head.method != Method::get) return {};
  const auto field = request.head.fields.only(http::FieldName::range);
  if (!field || !http::if_range_allows(request.head.fields, current, file.looked_at())) return {};
  return http::select_ranges(*field, file.status().size_bytes);
}

void note_range(const Request& request, const RangeSelection& selection) {
  using Selected = RangeSelection::Kind;
  if (!request.head.fields.has(http::FieldName::range)) return;
  request.note("range", {selection.kind == Selected::whole           ? "ignored: the whole file is given"
                         : selection.kind == Selected::unsatisfiable ? "begins behind the end of the file"
                         : selection.ranges.size() == 1              ? "one part is given"
                                                                     : "several parts are given"});
}

Response unsatisfiable(std::uint64_t size_bytes) {
  Response response =
      Response::error(Status::range_not_satisfiable, "The file ends before the range begins.");
  response.add_field("Content-Range", "bytes */" + std::to_string(size_bytes));
  return response;
}

/// Content of which only the size is wanted: HEAD reads nothing.
class SizeOnly final : public http::ContentSource {
 public:
  explicit SizeOnly(std::optional<std::uint64_t> size_bytes) : size_bytes_(size_bytes) {}
  [[nodiscard]] std::optional<std::uint64_t> size_bytes() const override { return size_bytes_; }
  [[nodiscard]] Piece pull() override { return http::Failed{"it was not opened"}; }

 private:
  std::optional<std::uint64_t> size_bytes_;
};

/// Where content comes from.
struct Origin {
  OpenFile& file;
  const std::shared_ptr<GrowingFile>& growing;  // of a placeholder; null: the file itself
  executor::Executor& executor;
};

/// Takes the file.
http::Content source_of(const Origin& origin, std::vector<FileSource::Part> parts, std::string end,
                        const Request& request) {
  if (origin.growing != nullptr)
    return std::make_unique<FileSource>(origin.growing, std::move(parts), std::move(end), origin.executor,
                                        request.resume());
  return std::make_unique<FileSource>(std::make_shared<const OpenFile>(std::move(origin.file)),
                                      std::move(parts), std::move(end), origin.executor, request.resume());
}

/// Step 9. Takes the file when the content is to come from it: a worker must not wait for a disk here.
Result<http::Content> content_of(const Origin& origin, const ByteRange& range, const Request& request) {
  if (request.head.method == Method::head) return std::make_unique<SizeOnly>(range.length);
  if (origin.growing == nullptr && range.length <= kReadToMemoryBytes)
    if (auto bytes = TRY(origin.file.read(range))) return http::Content(*std::move(bytes));
  return source_of(origin, {{.before = {}, .range = range}}, {}, request);
}

/// Whether an answer can begin: what stands in a placeholder must not be sent in any case.
Result<void> check_first_byte(const Origin& origin, std::uint64_t offset, const Request& request) {
  if (!origin.file.is_placeholder() || request.head.method == Method::head) return {};
  if (origin.growing == nullptr) return failure(Error{ENODATA, "represent"});
  const GrowingFile::There there = origin.growing->ask(offset, request.resume());
  if (there.has_failed) return failure(Error{ENODATA, "represent"});
  if (there.bytes <= offset) return failure(Error{EINPROGRESS, "represent"});
  return {};
}

/// Steps 8 and 9: fills the status, media type and content of a response whose fields are complete up to
/// Accept-Ranges.
Result<Response> with_selected_content(Response response, const RangeSelection& selection,
                                       const Origin& origin, const Request& request) {
  const std::uint64_t size_bytes = origin.file.status().size_bytes;
  const bool is_whole = selection.kind == RangeSelection::Kind::whole;
  TRY(check_first_byte(origin, is_whole ? 0 : selection.ranges.front().offset, request));
  if (is_whole) {
    response.content = TRY(content_of(origin, {0, size_bytes}, request));
    return response;
  }
  response.status = Status::partial_content;
  if (selection.ranges.size() == 1) {
    const ByteRange& range = selection.ranges.front();
    response.add_field("Content-Range", content_range(range, size_bytes));
    response.content = TRY(content_of(origin, range, request));
    return response;
  }
  // RFC 9110 §15.3.7.2: Content-Range stands in each part, and must not stand here.
  auto multipart = byteranges(selection.ranges, response.media_type, size_bytes);
  response.media_type = std::move(multipart.media_type);
  response.content = source_of(origin, std::move(multipart.parts), std::move(multipart.end), request);
  return response;
}

/// For the file as it was at its last look, from which its validators were made. EAGAIN: it has changed
/// since. Takes the file when the content is to come from it.
Result<Response> represent_as_looked_at(const Request& request, const Origin& origin,
                                        const Description& description) {
  const OpenFile& file = origin.file;
  const http::Validators& current = description.validators;
  switch (judge_preconditions(request, current, file.looked_at())) {
    case http::PreconditionVerdict::failed: return precondition_failed();
    case http::PreconditionVerdict::not_modified: return not_modified(description);
    case http::PreconditionVerdict::proceed: break;
  }
  const RangeSelection selection = ranges_of(request, current, file);
  note_range(request, selection);
  if (selection.kind == RangeSelection::Kind::unsatisfiable) return unsatisfiable(file.status().size_bytes);

  Response response = ok(description);
  if (request.head.method == Method::get) response.log_fields = sent(description);
  return with_selected_content(std::move(response), selection, origin, request);
}

}  // namespace

Description description_of(const Subject& subject, const http::Validators& validators) {
  return {.name = subject.name,
          .presentation = subject.presentation,
          .validators = validators,
          .date = subject.date,
          .fields = subject.fields,
          .coding = subject.coding,
          .varies_by_coding = subject.varies_by_coding,
          .digest = subject.digest};
}

Response ok(const Description& file) {
  Response response = Response::with_content(Status::ok, file.presentation.media_type, {});
  response.fields.reserve(320);
  if (file.presentation.attachment)
    response.add_field("Content-Disposition",
                       http::attachment(http::decoded_name(file.name, file.presentation.stored_coding)));
  if (file.coding != http::ContentCoding::identity)
    response.add_field("Content-Encoding", http::name_of(file.coding));
  add_common_fields(response, file);
  if (file.has_ranges) response.add_field("Accept-Ranges", "bytes");
  response.fields += file.digest;
  return response;
}

// What a cache needs to refresh its copy, and no more of what describes the content.
Response not_modified(const Description& file) {
  Response response;
  response.status = Status::not_modified;
  add_common_fields(response, file);
  return response;
}

http::HandlerLogFields sent(const Description& file) {
  using Action = http::HandlerLogFields::Action;
  http::HandlerLogFields fields;
  const bool is_html = http::is_media_type(file.presentation.media_type, "text/html");
  fields.action = is_html ? Action::sent_html : Action::sent_binary;
  fields.subject = file.name;
  return fields;
}

http::PreconditionVerdict judge_preconditions(const Request& request, const http::Validators& current,
                                              WallTime now) {
  using Verdict = http::PreconditionVerdict;
  const Verdict verdict = http::evaluate_preconditions(request.head.fields, current, now);
  if (verdict != Verdict::proceed && request.decisions != nullptr)
    request.note("condition", {verdict == Verdict::failed ? "fails" : "the client has it already",
                               ": ETag is ", current.etag, current.last_modified ? ", Last-Modified is " : "",
                               current.last_modified ? http::format_date(*current.last_modified) : ""});
  return verdict;
}

Response precondition_failed() {
  return Response::error(Status::precondition_failed,
                         "The file is not in the state that the request asks for.");
}

Response not_acceptable() {
  Response response = Response::error(
      Status::not_acceptable, "The file exists in none of the content codings that the request accepts.");
  response.add_field("Vary", "Accept-Encoding");
  return response;
}

Response described(const Description& file, std::optional<std::uint64_t> size_bytes) {
  Response response = ok(file);
  response.content = std::make_unique<SizeOnly>(size_bytes);
  return response;
}

Result<Represented> represent(const Request& request, OpenFile file, const Subject& subject,
                              executor::Executor& executor) {
  for (int attempt = 1;; ++attempt) {
    const os::FileStatus status = file.status();
    const WallTime looked_at = file.looked_at();
    const bool is_first = attempt == 1;
    http::Validators current =
        validators(status, looked_at, subject.validator_settings, is_first ? subject.content : std::nullopt);
    Description description = description_of(subject, current);
    if (!is_first) description.digest = {};
    auto response = represent_as_looked_at(
        request, {.file = file, .growing = subject.growing, .executor = executor}, description);
    if (response) return Represented{*std::move(response), status, looked_at, std::move(current), is_first};
    if (response.error().code != EAGAIN || attempt == kReadAttempts) return failure(response.error());
    TRY(file.refresh_status());
  }
}

}  // namespace bobbin::files
