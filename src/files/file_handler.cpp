#include "files/file_handler.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/assert.h"
#include "files/conditions.h"
#include "files/failure.h"
#include "files/validators.h"
#include "http/percent_encoding.h"
#include "http/target.h"

// From the address of a request to the file, by steps 1 to 5. file_answer.cpp has the rest.
namespace bobbin::files {
namespace {

using http::last_segment;
using http::Method;
using http::Request;
using http::Response;
using http::Status;
using Kind = os::FileStatus::Kind;

constexpr std::string_view kPageEnd = ".html";
constexpr std::string_view kMethods = "GET, HEAD, OPTIONS";

/// RFC 8615 §3: `/.well-known/` is at the root of the site, nowhere else.
bool is_hidden(std::string_view path, bool is_site_root, const HiddenNames& hidden) {
  constexpr std::string_view kWellKnown = "/.well-known";
  if (is_site_root && path.starts_with(kWellKnown)) {
    const std::string_view rest = path.substr(kWellKnown.size());
    if (rest.empty() || rest.front() == '/') path = rest;
  }
  return hidden.hides(path);
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

}  // namespace

FileHandler::FileHandler(os::Root root, std::string_view url_prefix, const http::MediaTypes& types,
                         executor::Executor& executor, FileSettings settings, Digests digests)
    : root_(std::move(root)),
      url_prefix_(url_prefix),
      types_(types),
      executor_(executor),
      settings_(std::move(settings)),
      digests_(std::move(digests)) {
  for (unsigned worker = 0; worker < settings_.workers; ++worker)
    workers_.push_back(std::make_unique<OfWorker>(
        root_, settings_.cache_bytes / settings_.workers,
        settings_.registry == nullptr ? CacheMeter() : CacheMeter(*settings_.registry, worker), executor_));
}

Result<std::unique_ptr<FileHandler>> FileHandler::create(const std::string& root, std::string_view url_prefix,
                                                         const http::MediaTypes& types,
                                                         executor::Executor& executor,
                                                         FileSettings settings) {
  ASSERT(url_prefix.empty() || (url_prefix.front() == '/' && url_prefix.back() != '/'));
  const os::RootFiles files =
      settings.contents == nullptr ? os::RootFiles::plain : os::RootFiles::marked_when_whole;
  os::Root directory = TRY(os::Root::open(root, settings.links, files));
  return std::unique_ptr<FileHandler>(new FileHandler(std::move(directory), url_prefix, types, executor,
                                                      std::move(settings), Digests(executor)));
}

Result<std::unique_ptr<FileHandler>> FileHandler::again(const http::MediaTypes& types,
                                                        FileSettings settings) const {
  os::Root directory = TRY(root_.duplicate(settings.links));
  settings.contents = settings_.contents;
  return std::unique_ptr<FileHandler>(
      new FileHandler(std::move(directory), url_prefix_, types, executor_, std::move(settings), digests_));
}

http::Begin FileHandler::begin(const http::Request& request) const {
  ASSERT(request.path.starts_with(url_prefix_) && request.worker < workers_.size());
  OfWorker& own = *workers_[request.worker];
  std::string_view path = request.path.substr(url_prefix_.size());
  if (is_hidden(path, url_prefix_.empty(), settings_.hidden)) {  // 1
    request.note("file", {"names that begin with a dot are hidden"});
    return nothing_there(request, own);
  }

  if (settings_.contents != nullptr && !settings_.contents->is_ready()) return names_are_unknown();

  const bool has_slash = path.ends_with('/');
  if (!path.empty()) path.remove_prefix(1);
  if (has_slash && !path.empty()) path.remove_suffix(1);
  own.name = path;
  if (auto redirect = redirect_to_clean(request, own)) {
    request.note("redirect", {own.name, " is there, and --clean-urls leads to its clean address"});
    return *std::move(redirect);
  }
  Outcome outcome = has_slash ? Outcome() : look(request, own, Use::show);
  if (has_slash || outcome.is_folder) outcome = look_for_index(request, own, has_slash);  // 3
  if (!outcome.answer) outcome = look_for_page(request, own, has_slash);
  return outcome.answer ? *std::move(outcome.answer) : nothing_there(request, own);
}

FileHandler::Outcome FileHandler::look(const http::Request& request, OfWorker& own, Use use) const {
  const FileKey key(own.name);
  if (own.cache.is_missing(key, request.round)) return {};
  if (use == Use::show)
    if (auto answer = answer_from_cache(request, own, key)) return {.answer = std::move(answer)};
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

std::optional<FileHandler::Shown> FileHandler::open_shown(std::string_view path) const {
  if (!path.starts_with(url_prefix_)) return std::nullopt;
  path.remove_prefix(url_prefix_.size());
  if (path.empty() || is_hidden(path, url_prefix_.empty(), settings_.hidden)) return std::nullopt;
  path.remove_prefix(1);
  if (!is_allowed_type(last_segment(path))) return std::nullopt;
  auto file = OpenFile::open(root_, std::string(path));
  if (!file || file->status().kind != Kind::regular || file->is_leased()) return std::nullopt;
  const ValidatorSettings validator_settings{.file_system_id = file->file_system_id().value_or(0),
                                             .seed = settings_.tag_seed,
                                             .trust_mtime = settings_.trust_mtime};
  return Shown{.file = *std::move(file), .validator_settings = validator_settings};
}

http::Validators FileHandler::validators_of(const Shown& shown, const crypto::Digest& content) const {
  return validators(shown.file.status(), shown.file.looked_at(), shown.validator_settings,
                    makes_tags_from_content() ? std::optional(content) : object_tag(shown.file));
}

bool FileHandler::has_file(const std::string& name) const {
  const auto file = OpenFile::open(root_, name);
  return file && file->status().kind == Kind::regular;
}

/// Tells what the name has led to.
void FileHandler::note_found(const http::Request& request, const std::string& name,
                             const Result<OpenFile>& file) const {
  const std::string path = root_.name() + (name.empty() ? "" : "/" + name);
  if (!file) {
    const std::string reason = file.error().code == ENOENT ? "is not there" : file.error().message();
    return request.note("file", {path, ": ", reason});
  }
  const Kind kind = file->status().kind;
  const std::string_view what = kind == Kind::directory ? "a folder"
                                : kind == Kind::regular ? "a file"
                                                        : "neither a file nor a folder";
  const std::string place = file->place();
  const bool is_linked = !place.empty() && place != path && place != os::place_of(root_.fd()) + "/" + name;
  request.note("file", {path, ": ", what, is_linked ? ", by a symbolic link: " : "", is_linked ? place : ""});
}

FileHandler::Outcome FileHandler::answer_from_file(const http::Request& request, OfWorker& own,
                                                   const FileKey& key, Use use) const {
  auto file = OpenFile::open(root_, own.name);  // 2
  if (request.decisions != nullptr) note_found(request, own.name, file);
  if (!file) {
    if (file.error().code != ENOENT) return {.answer = answer_to(file.error(), request.path)};
    own.cache.add_missing(key, request.round);
    return {};
  }
  if (file->status().kind == Kind::directory) return {.is_folder = true};
  if (file->status().kind != Kind::regular) return {.answer = nothing_there(request, own)};  // 4
  switch (use) {
    case Use::add_slash:
      request.note("redirect", {"its address ends in a slash"});
      return {.answer = redirect_to(std::string(request.path) + '/', request)};
    case Use::remove_slash:
      request.note("redirect", {"its address does not end in a slash"});
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

}  // namespace bobbin::files
