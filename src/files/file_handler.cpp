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
#include "http/target.h"
#include "os/directory.h"

namespace bobbin::files {
namespace {

using http::Method;
using http::Request;
using http::Response;
using http::Status;
using Kind = os::FileStatus::Kind;

constexpr std::string_view kPageEnd = ".html";
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

/// RFC 9110 §15.4.9: 308, so that the method stays. `path`: decoded.
Response redirect_to(std::string_view path, const Request& request) {
  Response response = Response::with_content(Status::permanent_redirect, "", {});
  response.add_field("Location",
                     http::encode_path(path) + std::string(http::query_part(request.head.target)));
  return response;
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

Result<std::unique_ptr<FileHandler>> FileHandler::again(const http::MediaTypes& types,
                                                        FileSettings settings) const {
  os::Fd directory = TRY(os::duplicate(root_));
  return std::unique_ptr<FileHandler>(
      new FileHandler(std::move(directory), url_prefix_, types, executor_, std::move(settings)));
}

http::Begin FileHandler::begin(const http::Request& request) const {
  ASSERT(request.path.starts_with(url_prefix_) && request.worker < workers_.size());
  OfWorker& own = *workers_[request.worker];
  std::string_view path = request.path.substr(url_prefix_.size());
  if (is_hidden(path, url_prefix_.empty())) return nothing_there(request, own);  // 1

  const bool has_slash = path.ends_with('/');
  if (!path.empty()) path.remove_prefix(1);
  if (has_slash && !path.empty()) path.remove_suffix(1);
  own.name = path;
  if (auto redirect = redirect_to_clean(request, own)) return *std::move(redirect);
  Outcome outcome;
  if (!has_slash) outcome = look(request, own, Use::show);
  if (has_slash || outcome.is_folder) outcome = look_for_index(request, own, has_slash);  // 3
  if (!outcome.answer) outcome = look_for_page(request, own, has_slash);
  return outcome.answer ? *std::move(outcome.answer) : nothing_there(request, own);
}

FileHandler::Outcome FileHandler::look(const http::Request& request, OfWorker& own, Use use) const {
  const FileKey key(own.name);
  if (own.cache.is_missing(key, request.round)) return {};
  if (use == Use::show)
    if (auto answer = answer_from_cache(request, own, key)) return {.answer = *std::move(answer)};
  return answer_from_file(request, own, key, use);
}

/// Never redirects towards a 404: the index is looked for first.
FileHandler::Outcome FileHandler::look_for_index(const http::Request& request, OfWorker& own,
                                                 bool has_slash) const {
  const bool is_root = own.name.empty();
  const bool shows_slash = is_root || settings_.addresses.trailing_slash != TrailingSlash::never;
  const Use use = has_slash == shows_slash ? Use::show : has_slash ? Use::remove_slash : Use::add_slash;
  const std::size_t size = own.name.size();
  for (const std::string& index : settings_.addresses.index_names) {
    if (!is_root) own.name += '/';
    own.name += index;
    Outcome outcome = look(request, own, use);
    own.name.resize(size);
    if (outcome.answer) return outcome;
  }
  return {};
}

/// The page whose name without `.html` was asked for.
FileHandler::Outcome FileHandler::look_for_page(const http::Request& request, OfWorker& own,
                                                bool has_slash) const {
  const AddressRules& rules = settings_.addresses;
  if (rules.clean_urls == CleanUrls::off || own.name.empty()) return {};
  const bool shows_slash = rules.trailing_slash == TrailingSlash::always;
  own.name += kPageEnd;
  return look(request, own,
              has_slash == shows_slash ? Use::show
              : has_slash              ? Use::remove_slash
                                       : Use::add_slash);
}

/// From the name of a page, or of an index, to the address without it. Nothing: it is shown where it is asked
/// for, since the other address would show something else.
std::optional<http::Response> FileHandler::redirect_to_clean(const http::Request& request,
                                                             const OfWorker& own) const {
  const AddressRules& rules = settings_.addresses;
  if (rules.clean_urls != CleanUrls::redirect || request.path.ends_with('/')) return std::nullopt;
  const std::string_view last = last_segment(request.path);
  const bool is_index = last == rules.index_names.front();
  if (!is_index && (!last.ends_with(kPageEnd) || last.size() == kPageEnd.size())) return std::nullopt;
  if (!has_file(own.name)) return std::nullopt;

  std::string_view path = request.path;
  path.remove_suffix(is_index ? last.size() : kPageEnd.size());
  if (!is_index) {
    const auto other = OpenFile::open(root_, own.name.substr(0, own.name.size() - kPageEnd.size()));
    if (other || other.error().code != ENOENT) return std::nullopt;
    return redirect_to(
        rules.trailing_slash == TrailingSlash::always ? std::string(path) + '/' : std::string(path), request);
  }
  if (rules.trailing_slash == TrailingSlash::never && path.size() > 1) path.remove_suffix(1);
  return redirect_to(path, request);
}

bool FileHandler::has_file(const std::string& name) const {
  const auto file = OpenFile::open(root_, name);
  return file && file->status().kind == Kind::regular;
}

/// Nothing: the file has to be opened.
std::optional<http::Begin> FileHandler::answer_from_cache(const http::Request& request, OfWorker& own,
                                                          const FileKey& key) const {
  using Form = CachedFile::Form;
  const Conditions conditions = conditions_of(request.head);
  if (conditions.needs_the_file) return std::nullopt;
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
    return described(
        {.name = name, .presentation = *shown, .validators = file->validators, .fields = settings_.fields},
        file->status.size_bytes);
  }
  const auto* kept = file->response(verdict == Verdict::proceed ? Form::content : Form::not_modified);
  if (kept == nullptr || kept->variant != request.variant) return std::nullopt;
  return kept;
}

FileHandler::Outcome FileHandler::answer_from_file(const http::Request& request, OfWorker& own,
                                                   const FileKey& key, Use use) const {
  auto file = OpenFile::open(root_, own.name);  // 2
  if (!file) {
    if (file.error().code != ENOENT) return {.answer = answer_to(file.error(), request.path)};
    own.cache.add_missing(key, request.round);
    return {};
  }
  if (file->status().kind == Kind::directory) return {.is_folder = true};
  if (file->status().kind != Kind::regular) return {.answer = nothing_there(request, own)};  // 4
  switch (use) {
    case Use::add_slash: return {.answer = redirect_to(std::string(request.path) + '/', request)};
    case Use::remove_slash:
      return {.answer = redirect_to(request.path.substr(0, request.path.size() - 1), request)};
    case Use::show: break;
  }
  if (auto decided = answer_to_method(request.head.method)) return {.answer = *std::move(decided)};  // 5
  return {.answer = answer(request, own, key, *std::move(file))};                                    // 6 to 9
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
                                               .trust_mtime = settings_.trust_mtime},
                        .fields = settings_.fields};
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
