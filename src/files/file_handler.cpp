#include "files/file_handler.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/ascii.h"
#include "base/assert.h"
#include "files/failure.h"
#include "files/file_witness.h"
#include "files/multipart.h"
#include "files/validators.h"
#include "http/content_disposition.h"
#include "http/date.h"
#include "http/percent_encoding.h"
#include "http/precondition.h"
#include "http/range.h"
#include "os/directory.h"

namespace bobbin::files {
namespace {

using http::ByteRange;
using http::Method;
using http::RangeSelection;
using http::Request;
using http::Response;
using http::Status;
using Kind = os::FileStatus::Kind;

constexpr std::string_view kIndex = "index.html";
constexpr std::string_view kMethods = "GET, HEAD, OPTIONS";
constexpr std::string_view kBinary = "application/octet-stream";

// Up to here one send from memory costs less than a second call for sendfile.
constexpr std::uint64_t kReadToMemoryBytes = 64 * 1024;

// How often a small file is read again that changes while it is read. One that changes all the time has no
// content to speak of: the client is asked to come back.
constexpr int kReadAttempts = 4;

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::string_view last_segment(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// RFC 8615 §3: `/.well-known/` is at the root of the site, nowhere else.
bool is_hidden(std::string_view path, bool is_site_root) {
  constexpr std::string_view kWellKnown = "/.well-known";
  if (is_site_root && path.starts_with(kWellKnown)) {
    const std::string_view rest = path.substr(kWellKnown.size());
    if (rest.empty() || rest.front() == '/') path = rest;
  }
  return path.find("/.") != std::string_view::npos;
}

/// With its '?', as the client sent it; empty when there is none.
std::string_view query_part(std::string_view target) {
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark);
}

/// Step 5. Nothing: go on.
std::optional<Response> answer_to_method(Method method) {
  if (method == Method::get || method == Method::head) return std::nullopt;
  Response response =
      method == Method::options
          ? Response::with_content(Status::no_content, "", {})
          : Response::error(Status::method_not_allowed, "A file can only be read: use GET or HEAD.");
  response.add_field("Allow", kMethods);
  return response;
}

void add_validators(Response& response, const http::Validators& current) {
  response.add_field("ETag", current.etag);
  if (current.last_modified) response.add_field("Last-Modified", http::format_date(*current.last_modified));
}

/// Step 7. Nothing: go on.
std::optional<Response> answer_to_preconditions(const Request& request, const http::Validators& current,
                                                WallTime now) {
  switch (http::evaluate_preconditions(request.head.fields, current, now)) {
    case http::PreconditionVerdict::proceed: return std::nullopt;
    case http::PreconditionVerdict::failed:
      return Response::error(Status::precondition_failed,
                             "The file is not in the state that the request asks for.");
    case http::PreconditionVerdict::not_modified: break;
  }
  // RFC 9110 §15.4.5: what a cache needs to refresh its copy, and no more of what describes the content.
  Response response;
  response.status = Status::not_modified;
  add_validators(response, current);
  return response;
}

/// Step 8: which parts are asked for. RFC 9110 §14.2: Range means something for GET only. It may not be
/// repeated, so several lines of it are malformed, and a malformed Range is ignored.
RangeSelection ranges_of(const Request& request, const http::Validators& current, const OpenFile& file) {
  if (request.head.method != Method::get) return {};
  const auto field = request.head.fields.only(http::FieldName::range);
  if (!field || !http::if_range_allows(request.head.fields, current, file.looked_at())) return {};
  return http::select_ranges(*field, file.status().size_bytes);
}

Response unsatisfiable(std::uint64_t size_bytes) {
  Response response =
      Response::error(Status::range_not_satisfiable, "The file ends before the range begins.");
  response.add_field("Content-Range", "bytes */" + std::to_string(size_bytes));
  return response;
}

/// Step 9. Takes the file when the content is to come from it: a worker must not wait for a disk here. HEAD
/// reads nothing: only the length will be shown.
Result<http::Content> content_of(OpenFile& file, const ByteRange& range, Method method) {
  if (method != Method::head && range.length <= kReadToMemoryBytes)
    if (auto bytes = TRY(file.read(range))) return http::Content(*std::move(bytes));
  return http::Content(
      http::FileSlice{std::make_shared<const OpenFile>(std::move(file)), range.offset, range.length});
}

/// Steps 8 and 9: fills the status, media type and content of a response whose fields are complete up to
/// Accept-Ranges.
Result<Response> with_selected_content(Response response, const RangeSelection& selection, OpenFile& file,
                                       Method method) {
  const std::uint64_t size_bytes = file.status().size_bytes;
  if (selection.kind == RangeSelection::Kind::whole) {
    response.content = TRY(content_of(file, {0, size_bytes}, method));
    return response;
  }
  response.status = Status::partial_content;
  if (selection.ranges.size() == 1) {
    const ByteRange& range = selection.ranges.front();
    response.add_field("Content-Range", content_range(range, size_bytes));
    response.content = TRY(content_of(file, range, method));
    return response;
  }
  // RFC 9110 §15.3.7.2: Content-Range stands in each part, and must not stand here.
  auto multipart = byteranges(std::make_shared<const OpenFile>(std::move(file)), selection.ranges,
                              response.media_type, size_bytes);
  response.media_type = std::move(multipart.media_type);
  response.content = std::move(multipart.pieces);
  return response;
}

/// Steps 7 to 9 for the file as it was at its last look. EAGAIN: it has changed since.
Result<Response> represent(const Request& request, OpenFile& file, std::string_view name,
                           std::string_view media_type, bool attachment) {
  const http::Validators current = validators(file.status(), file.looked_at());
  if (auto decided = answer_to_preconditions(request, current, file.looked_at())) return *std::move(decided);
  const RangeSelection selection = ranges_of(request, current, file);
  if (selection.kind == RangeSelection::Kind::unsatisfiable) return unsatisfiable(file.status().size_bytes);

  Response response = Response::with_content(Status::ok, media_type, {});
  response.fields.reserve(320);
  if (attachment) response.add_field("Content-Disposition", http::attachment(name));
  add_validators(response, current);
  response.add_field("Accept-Ranges", "bytes");
  if (request.head.method == Method::get) {
    using Action = http::HandlerLogFields::Action;
    response.notes.action =
        http::is_media_type(media_type, "text/html") ? Action::sent_html : Action::sent_binary;
    response.notes.subject = name;
  }
  return with_selected_content(std::move(response), selection, file, request.head.method);
}

/// Dates are compared with the present, and parts are not worth keeping.
bool depends_on_the_file_alone(const Request& request) {
  using http::FieldName;
  const auto& fields = request.head.fields;
  return (request.head.method == Method::get || request.head.method == Method::head) &&
         !fields.first(FieldName::if_modified_since) && !fields.first(FieldName::if_unmodified_since) &&
         !fields.first(FieldName::if_range) && !fields.first(FieldName::range);
}

bool has_strong_tag(const OpenFile& file) {
  return !validators(file.status(), file.looked_at()).etag.starts_with("W/");
}

}  // namespace

FileHandler::FileHandler(os::Fd root, std::string_view url_prefix, const http::MediaTypes& types,
                         FileSettings settings)
    : root_(std::move(root)), url_prefix_(url_prefix), types_(types), settings_(std::move(settings)) {}

Result<std::unique_ptr<FileHandler>> FileHandler::create(const std::string& root, std::string_view url_prefix,
                                                         const http::MediaTypes& types,
                                                         FileSettings settings) {
  ASSERT(url_prefix.empty() || (url_prefix.front() == '/' && url_prefix.back() != '/'));
  os::Fd directory = TRY(os::open_directory(root));
  return std::unique_ptr<FileHandler>(
      new FileHandler(std::move(directory), url_prefix, types, std::move(settings)));
}

http::Begin FileHandler::begin(const http::Request& request) const {
  ASSERT(request.path.starts_with(url_prefix_));
  std::string_view path = request.path.substr(url_prefix_.size());
  if (is_hidden(path, url_prefix_.empty())) return not_found();  // 1

  const bool asks_for_index = path.ends_with('/');
  if (!path.empty()) path.remove_prefix(1);
  std::string name(path);
  if (asks_for_index) name += kIndex;  // 3

  auto file = OpenFile::open(root_, name);  // 2
  if (!file) {
    Response response = answer_to(file.error(), request.path);
    if (file.error().code == ENOENT) response.revalidator = file_witness(root_, name, std::nullopt);
    return response;
  }
  if (file->status().kind == Kind::directory && !asks_for_index)
    return redirect_to_folder(request, name);                                            // 3
  if (file->status().kind != Kind::regular) return not_found();                          // 4
  if (auto decided = answer_to_method(request.head.method)) return *std::move(decided);  // 5
  const os::FileStatus status = file->status();
  const bool may_be_remembered = depends_on_the_file_alone(request) && has_strong_tag(*file);
  Response response = answer(request, *std::move(file), last_segment(name));  // 6 to 9
  if (may_be_remembered) response.revalidator = file_witness(root_, std::move(name), status);
  return response;
}

/// RFC 9110 §15.4.9: 308, so that the method stays. Never towards a 404: the index is looked for first.
http::Response FileHandler::redirect_to_folder(const http::Request& request,
                                               const std::string& folder) const {
  std::string index = folder;
  if (!index.empty()) index += '/';
  index += kIndex;
  const auto file = OpenFile::open(root_, index);
  if (!file) return answer_to(file.error(), request.path);
  if (file->status().kind != Kind::regular) return not_found();
  Response response = Response::with_content(Status::permanent_redirect, "", {});
  response.add_field("Location",
                     http::encode_path(request.path) + "/" + std::string(query_part(request.head.target)));
  return response;
}

http::Response FileHandler::answer(const http::Request& request, OpenFile file, std::string_view name) const {
  const auto shown = presentation(name);
  if (!shown)
    return Response::error(Status::unsupported_media_type, "Files of this type are not served here.");
  for (int attempt = 1;; ++attempt) {
    auto response = represent(request, file, name, shown->media_type, shown->attachment);
    if (response) return *std::move(response);
    if (response.error().code != EAGAIN || attempt == kReadAttempts)
      return answer_to(response.error(), request.path);
    if (const auto looked = file.refresh_status(); !looked) return answer_to(looked.error(), request.path);
  }
}

/// Step 6. Nothing: not allowed.
std::optional<FileHandler::Presentation> FileHandler::presentation(std::string_view name) const {
  const std::string extension = http::extension(name);
  if (!settings_.allowed_types.empty() && !contains(settings_.allowed_types, extension)) return std::nullopt;
  if (contains(settings_.downloads, extension)) return Presentation{kBinary, true};
  const std::string_view media_type = types_.for_file_name(name);
  // What no browser can show is saved, and under its own name.
  return Presentation{media_type, media_type == kBinary};
}

}  // namespace bobbin::files
