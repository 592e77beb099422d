#include "files/checksum_files.h"

#include <string>
#include <utility>

#include "files/failure.h"
#include "files/representation.h"
#include "http/target.h"

namespace bobbin::files {
namespace {

using http::Method;
using http::Response;

constexpr std::string_view kEnd = ".sha256";

// A file is read for it from its first byte to its last.
constexpr Duration kLongestDigestWait = std::chrono::minutes(10);

/// `HEX  NAME`. A name with a line end or a backslash has them escaped, which a backslash in front says.
std::string line_for(const crypto::Digest& digest, std::string_view name) {
  std::string escaped;
  for (const char c : name) {
    if (c == '\\')
      escaped += "\\\\";
    else if (c == '\n')
      escaped += "\\n";
    else if (c == '\r')
      escaped += "\\r";
    else
      escaped += c;
  }
  return (escaped == name ? "" : "\\") + crypto::hex_of(digest) + "  " + escaped + "\n";
}

Response too_late() {
  return Response::error(http::Status::service_unavailable,
                         "The checksum could not be computed in time. Please try again.");
}

}  // namespace

http::Begin ChecksumFiles::begin(const http::Request& request) const {
  http::Begin begin = site_->begin(request);
  const Method method = request.head.method;
  if (!http::is_not_found(begin) || !request.path.ends_with(kEnd) ||
      (method != Method::get && method != Method::head))
    return begin;
  auto answer = checksum(request);
  return answer ? *std::move(answer) : std::move(begin);
}

/// Nothing: there is no file of which it could be one.
std::optional<http::Begin> ChecksumFiles::checksum(const http::Request& request) const {
  const std::string_view path = request.path.substr(0, request.path.size() - kEnd.size());
  auto shown = files_->open_shown(path);
  if (!shown) return std::nullopt;
  if (shown->file.is_placeholder()) return files_->content_first(request, files_->name_of(path), shown->file);
  const Digests::Outcome outcome = files_->digests().ask(shown->file, request.resume());
  // What was asked for again may have waited for its content, which does not change.
  const bool may_wait = !request.is_asked_again || files_->settings().contents != nullptr;
  if (outcome.is_under_way && may_wait)
    return http::Undecided{.limit = kLongestDigestWait, .late = too_late()};
  if (!outcome.digest) return answer_to({EAGAIN, "digest"}, request.path);

  http::Validators validators = files_->validators_of(*shown, *outcome.digest);
  validators.etag.insert(validators.etag.size() - 1, "-sha256");
  const std::string_view name = http::last_segment(path);
  const std::string file_name = std::string(name) + std::string(kEnd);
  const Description description{.name = file_name,
                                .presentation = {.media_type = "text/plain; charset=utf-8"},
                                .validators = validators,
                                .date = request.date,
                                .has_ranges = false};
  request.note("file", {"the checksum of ", name, ", which --checksums offers"});
  switch (judge_preconditions(request, validators, shown->file.looked_at())) {
    case http::PreconditionVerdict::failed: return precondition_failed();
    case http::PreconditionVerdict::not_modified: return not_modified(description);
    case http::PreconditionVerdict::proceed: break;
  }
  Response response = ok(description);
  response.content = line_for(*outcome.digest, name);
  response.log_fields = sent(description);
  return response;
}

}  // namespace bobbin::files
