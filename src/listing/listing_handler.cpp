#include "listing/listing_handler.h"

#include <cerrno>
#include <string_view>
#include <utility>
#include <variant>

#include "coding/coded_source.h"
#include "coding/encoder.h"
#include "files/failure.h"
#include "files/representation.h"
#include "http/accept.h"
#include "http/percent_encoding.h"
#include "http/precondition.h"
#include "http/target.h"
#include "listing/folder_listing.h"
#include "listing/html_form.h"
#include "listing/json_form.h"
#include "listing/listing_query.h"
#include "listing/listing_source.h"

namespace bobbin::listing {
namespace {

using http::Method;
using http::Response;
using http::Status;
using Format = ListingQuery::Format;

/// "a/b" of "/a/b/" and of "/a/b".
std::string path_in_root(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

Response redirect_to_folder(const http::Request& request) {
  Response response = Response::with_content(Status::permanent_redirect, "", {});
  response.add_field(
      "Location", http::encode_path(request.path) + "/" + std::string(http::query_part(request.head.target)));
  return response;
}

/// Those that a 304 has, too (RFC 9110 §15.4.5).
void add_common_fields(Response& response, const ListingSettings& settings, bool is_coded) {
  if (settings.says_no_cache) response.add_field("Cache-Control", "no-cache");
  response.add_field("Vary", is_coded ? "Accept, Accept-Encoding" : "Accept");
}

}  // namespace

ListingHandler::ListingHandler(std::shared_ptr<const http::Handler> files,
                               std::shared_ptr<const ListedRoot> root, executor::Executor& executor)
    : files_(std::move(files)),
      root_(std::move(root)),
      executor_(executor),
      content_security_policy_(HtmlForm::content_security_policy()) {}

http::Begin ListingHandler::begin(const http::Request& request) const {
  http::Begin begin = files_->begin(request);
  if (!http::is_not_found(begin)) return begin;
  auto answer = answer_for_folder(request);
  return answer ? http::Begin(*std::move(answer)) : std::move(begin);
}

/// Nothing: there is no folder, or none that is listed.
std::optional<Response> ListingHandler::answer_for_folder(const http::Request& request) const {
  const std::string_view beneath = request.path.substr(root_->settings().url_path.size());
  if (root_->settings().hidden.hides(beneath)) return std::nullopt;
  std::string path = path_in_root(beneath);
  if (!request.path.ends_with('/')) {
    if (!root_->serves_folder(path)) return std::nullopt;
    request.note("redirect", {"a folder that is listed, whose address ends in a slash"});
    return redirect_to_folder(request);
  }
  auto folder = root_->open_folder(path);
  if (!folder) return files::answer_to(folder.error(), request.path);
  if (!*folder) return std::nullopt;
  request.note("file", {"a folder without an index, which --listing lists"});
  const Method method = request.head.method;
  if (method == Method::get || method == Method::head)
    return list(request, std::move(path), **std::move(folder));
  Response response =
      method == Method::options
          ? Response::with_content(Status::no_content, "", {})
          : Response::error(Status::method_not_allowed, "A folder can only be read: use GET or HEAD.");
  response.add_field("Allow", "GET, HEAD, OPTIONS");
  return response;
}

bool ListingHandler::is_coded(const http::Request& request) const {
  const http::FileRules& rules = request.file_rules;
  return rules.compression ? rules.compression == http::Compression::on : root_->settings().is_coded;
}

/// Nothing: the client takes none.
std::optional<http::ContentCoding> ListingHandler::coding_for(const http::Request& request) const {
  if (!is_coded(request)) return http::ContentCoding::identity;
  return http::AcceptedCodings::of(request.head.fields).best_of(coding::kEncodings);
}

Response ListingHandler::list(const http::Request& request, std::string path, os::Opened folder) const {
  // Without a validator only `*` means something, and any entity tag in If-Match is another one.
  const auto verdict = http::evaluate_preconditions(request.head.fields, {}, wall_now());
  if (verdict == http::PreconditionVerdict::failed)
    return Response::error(Status::precondition_failed,
                           "The folder is not in the state that the request asks for.");
  if (verdict == http::PreconditionVerdict::not_modified) {
    Response response = Response::with_content(Status::not_modified, "", {});
    add_common_fields(response, root_->settings(), is_coded(request));
    return response;
  }

  const ListingQuery query = ListingQuery::of(request.head.target);
  const Format format = query.format.value_or(http::prefers_json(request.head) ? Format::json : Format::html);
  std::unique_ptr<Form> form;
  if (format == Format::json)
    form = std::make_unique<JsonForm>();
  else
    form = std::make_unique<HtmlForm>(request.head.authority, request.path, query.order);
  auto listing =
      FolderListing::create(root_, std::move(path), std::move(folder), query.order, std::move(form));
  if (listing == nullptr) return files::answer_to({ENOMEM, "listing"}, request.path);

  Response response = Response::with_content(
      Status::ok, format == Format::json ? "application/json" : "text/html; charset=utf-8", {});
  std::unique_ptr<http::ContentSource> content =
      std::make_unique<ListingSource>(std::move(listing), executor_, request.resume());
  const auto coding = coding_for(request);
  if (!coding) return files::not_acceptable();
  if (*coding != http::ContentCoding::identity) {
    response.add_field("Content-Encoding", http::name_of(*coding));
    content = std::make_unique<coding::CodedSource>(std::move(content), *coding, executor_, request.resume());
  }
  response.content = std::move(content);
  add_common_fields(response, root_->settings(), is_coded(request));
  if (format == Format::html) response.add_field("Content-Security-Policy", content_security_policy_);
  return response;
}

}  // namespace bobbin::listing
