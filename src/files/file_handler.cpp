#include "files/file_handler.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/ascii.h"
#include "base/assert.h"
#include "files/failure.h"
#include "files/leased_file.h"
#include "files/validators.h"
#include "http/percent_encoding.h"
#include "http/precondition.h"
#include "os/directory.h"

namespace bobbin::files {
namespace {

using http::Method;
using http::Request;
using http::Response;
using http::Status;
using Kind = os::FileStatus::Kind;

constexpr std::string_view kIndex = "index.html";
constexpr std::string_view kMethods = "GET, HEAD, OPTIONS";
constexpr std::string_view kBinary = "application/octet-stream";

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

/// What of a request decides whether the cache can answer it.
struct Conditions {
  bool needs_the_file = false;     // another method than GET and HEAD, a range, or content that must be read
  bool has_preconditions = false;  // RFC 9110 §13.1, without If-Range, which is one of a range
};

Conditions conditions_of(const http::RequestHead& head) {
  using http::FieldName;
  using Framing = http::ContentFraming::Kind;
  const http::Fields& fields = head.fields;
  const bool has_content = head.framing.kind == Framing::chunked || head.framing.length_bytes > 0;
  const bool is_get = head.method == Method::get;
  return {.needs_the_file = (!is_get && head.method != Method::head) || has_content ||
                            (is_get && fields.has(FieldName::range)),
          .has_preconditions = fields.has(FieldName::if_match) || fields.has(FieldName::if_none_match) ||
                               fields.has(FieldName::if_modified_since) ||
                               fields.has(FieldName::if_unmodified_since)};
}

/// Has the cache keep the response, if that can be reused and the cache admits it.
void offer(Response& response, const Request& request, FileCache& cache, const FileKey& key,
           const os::FileStatus& status, const http::Validators& current) {
  using Form = CachedFile::Form;
  const auto* content = std::get_if<std::string>(&response.content);
  const bool is_whole = response.status == Status::ok && content != nullptr;
  if (!is_whole && response.status != Status::not_modified) return;
  if (!cache.admits(key, is_whole ? content->size() : 0)) return;
  response.keep = [&cache, name = std::string(key.name()), status, current,
                   form = is_whole ? Form::content : Form::not_modified, round = request.round,
                   variant = request.variant](http::PreparedResponse prepared) {
    prepared.variant = variant;
    cache.keep(FileKey(name), status, current, form, std::move(prepared), round);
  };
}

}  // namespace

FileHandler::FileHandler(os::Fd root, std::string_view url_prefix, const http::MediaTypes& types,
                         executor::Executor& executor, FileSettings settings)
    : root_(std::move(root)),
      url_prefix_(url_prefix),
      types_(types),
      executor_(executor),
      settings_(std::move(settings)) {
  for (unsigned worker = 0; worker < settings_.workers; ++worker)
    workers_.push_back(std::make_unique<OfWorker>(root_, settings_.cache_bytes / settings_.workers));
}

Result<std::unique_ptr<FileHandler>> FileHandler::create(const std::string& root, std::string_view url_prefix,
                                                         const http::MediaTypes& types,
                                                         executor::Executor& executor,
                                                         FileSettings settings) {
  ASSERT(url_prefix.empty() || (url_prefix.front() == '/' && url_prefix.back() != '/'));
  os::Fd directory = TRY(os::open_directory(root));
  return std::unique_ptr<FileHandler>(
      new FileHandler(std::move(directory), url_prefix, types, executor, std::move(settings)));
}

http::Begin FileHandler::begin(const http::Request& request) const {
  ASSERT(request.path.starts_with(url_prefix_) && request.worker < workers_.size());
  OfWorker& own = *workers_[request.worker];
  std::string_view path = request.path.substr(url_prefix_.size());
  if (is_hidden(path, url_prefix_.empty())) return nothing_there(request, own);  // 1

  const bool asks_for_index = path.ends_with('/');
  if (!path.empty()) path.remove_prefix(1);
  own.name = path;
  if (asks_for_index) own.name += kIndex;  // 3
  const FileKey key(own.name);
  if (auto answer = answer_from_cache(request, own, key)) return *std::move(answer);
  return answer_from_file(request, own, key, asks_for_index);
}

/// Nothing: the file has to be opened.
std::optional<http::Begin> FileHandler::answer_from_cache(const http::Request& request, OfWorker& own,
                                                          const FileKey& key) const {
  using Form = CachedFile::Form;
  const Conditions conditions = conditions_of(request.head);
  if (conditions.needs_the_file) return std::nullopt;
  if (own.cache.is_missing(key, request.round)) return nothing_there(request, own);
  const CachedFile* file = own.cache.find(key, request.round);
  if (file == nullptr) return std::nullopt;

  using Verdict = http::PreconditionVerdict;
  const Verdict verdict =
      conditions.has_preconditions
          ? http::evaluate_preconditions(request.head.fields, file->validators, wall_now())
          : Verdict::proceed;
  if (verdict == Verdict::failed) return precondition_failed();
  if (verdict == Verdict::proceed && request.head.method == Method::head) {
    const std::string_view name = last_segment(key.name());
    const auto shown = presentation(request, name);
    if (!shown) return std::nullopt;
    return described({.name = name, .presentation = *shown, .validators = file->validators},
                     file->status.size_bytes);
  }
  const auto* kept = file->response(verdict == Verdict::proceed ? Form::content : Form::not_modified);
  if (kept == nullptr || kept->variant != request.variant) return std::nullopt;
  return kept;
}

http::Begin FileHandler::answer_from_file(const http::Request& request, OfWorker& own, const FileKey& key,
                                          bool asks_for_index) const {
  auto file = OpenFile::open(root_, own.name);  // 2
  if (!file) {
    if (file.error().code != ENOENT) return answer_to(file.error(), request.path);
    own.cache.add_missing(key, request.round);
    return nothing_there(request, own);
  }
  if (file->status().kind == Kind::directory && !asks_for_index)
    return redirect_to_folder(request, own.name);                                        // 3
  if (file->status().kind != Kind::regular) return nothing_there(request, own);          // 4
  if (auto decided = answer_to_method(request.head.method)) return *std::move(decided);  // 5
  return answer(request, own, key, *std::move(file));                                    // 6 to 9
}

/// The same for every name, so it is prepared once for each form.
http::Begin FileHandler::nothing_there(const http::Request& request, OfWorker& own) const {
  // No name takes these, whether something is there or not.
  const Method method = request.head.method;
  if (method == Method::put || method == Method::delete_ || method == Method::patch ||
      method == Method::trace)
    return *answer_to_method(method);
  if (conditions_of(request.head).needs_the_file) return not_found();
  auto& prepared = own.not_found[static_cast<std::size_t>(error_form(request.head))];
  if (prepared && prepared->variant == request.variant) return &*prepared;
  Response response = not_found();
  response.keep = [&prepared, variant = request.variant](http::PreparedResponse made) {
    made.variant = variant;
    prepared = std::move(made);
  };
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

http::Begin FileHandler::answer(const http::Request& request, OfWorker& own, const FileKey& key,
                                OpenFile file) const {
  const std::string_view name = last_segment(key.name());
  const auto shown = presentation(request, name);
  if (!shown)
    return Response::error(Status::unsupported_media_type, "Files of this type are not served here.");
  const Subject subject{.name = name,
                        .presentation = *shown,
                        .validator_settings = {.file_system_id = own.file_system_id.of(file),
                                               .seed = settings_.tag_seed,
                                               .trust_mtime = settings_.trust_mtime}};
  if (file.is_leased()) return answer_after_lease(request, std::move(file), subject, executor_);
  auto made = represent(request, std::move(file), subject, executor_);
  if (!made) return answer_to(made.error(), request.path);
  if (!could_change_unseen(made->status, made->looked_at))
    offer(made->response, request, own.cache, key, made->status, made->validators);
  return std::move(made->response);
}

/// Where mounts have no number of their own it is asked each time. Of a file system that cannot say it, 0.
std::uint64_t FileHandler::FileSystemId::of(const OpenFile& file) {
  const std::uint64_t mount = file.status().mount;
  if (mount == 0 || mount != mount_) id_ = file.file_system_id().value_or(0);
  mount_ = mount;
  return id_;
}

/// Step 6. Nothing: not allowed.
std::optional<Presentation> FileHandler::presentation(const http::Request& request,
                                                      std::string_view name) const {
  const std::string extension = http::extension(name);
  if (!settings_.allowed_types.empty() && !contains(settings_.allowed_types, extension)) return std::nullopt;
  if (request.attachment.value_or(contains(settings_.downloads, extension)))
    return Presentation{kBinary, true};
  const std::string_view media_type = types_.for_file_name(name);
  // What no browser can show is saved, and under its own name.
  return Presentation{media_type, request.attachment.value_or(media_type == kBinary)};
}

}  // namespace bobbin::files
