#include "object_store/bucket.h"

#include <algorithm>
#include <fmt/format.h>
#include <initializer_list>
#include <utility>
#include <variant>

#include "base/ascii.h"
#include "http/date.h"
#include "http/percent_encoding.h"
#include "http/retry_after.h"
#include "observe/access_log.h"

namespace bobbin::object_store {
namespace {

using http_client::Answer;

constexpr std::size_t kMostErrorBytes = 64UL * 1024;

/// A thousand keys of 1,024 bytes, each of which may be encoded, and what is told of each besides.
constexpr std::size_t kMostListingBytes = 8UL * 1024 * 1024;

/// A clock that is further away is none.
constexpr auto kMostSkew = std::chrono::hours(24 * 365);

std::string path_of(std::string_view bucket_or_key) {
  return "/" + http::percent_encode(bucket_or_key, "-._~/");
}

std::string query_of(const ListRequest& request) {
  const auto encoded = [](std::string_view text) { return http::percent_encode(text, "-._~"); };
  // In the order of their names, as they are signed.
  std::string query;
  if (!request.continuation.empty())
    query += fmt::format("continuation-token={}&", encoded(request.continuation));
  query += fmt::format("{}encoding-type=url&list-type=2&prefix={}", request.is_deep ? "" : "delimiter=%2F&",
                       encoded(request.prefix));
  if (!request.start_after.empty()) query += fmt::format("&start-after={}", encoded(request.start_after));
  return query;
}

/// Whether all that is listed is what was asked for.
bool is_answer_to(const ListRequest& request, const Page& page) {
  const auto fits = [&](const std::string& name) { return name.starts_with(request.prefix); };
  return std::ranges::all_of(page.keys, fits) && std::ranges::all_of(page.folders, fits);
}

bool is_code_character(char c) { return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z'); }

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::ranges::find(codes, code) != codes.end();
}

/// "503 SlowDown".
std::string text_of(const Answer& answer) {
  const std::string_view code = error_code_in(answer.content);
  return fmt::format("the store has answered {}{}{}", answer.status, code.empty() ? "" : " ", code);
}

Trouble trouble_of(const Answer& answer) {
  const auto pause = http::parse_retry_after(answer.field("Retry-After"), wall_now());
  return {.kind = kind_of_refusal(answer.status, error_code_in(answer.content)),
          .reason = text_of(answer),
          .shortest_pause = pause.value_or(seconds(0))};
}

Trouble none_of_store() {
  return {
      .kind = Trouble::Kind::unavailable,
      .reason =
          "an answer 200 has no ETag, as that of a store has: it seems to come from something in between"};
}

}  // namespace

bool is_error_code(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, is_code_character);
}

std::string_view error_code_in(std::string_view content) {
  constexpr std::string_view kBegin = "<Code>";
  const std::size_t begin = content.find(kBegin);
  if (begin == std::string_view::npos) return {};
  content.remove_prefix(begin + kBegin.size());
  const std::string_view code = content.substr(0, content.find("</Code>"));
  return code.size() < content.size() && is_error_code(code) ? code : std::string_view();
}

Trouble::Kind kind_of_refusal(int status, std::string_view code) {
  using Kind = Trouble::Kind;
  if (code == "EntityTooLarge") return Kind::impossible;
  // What a way through other machines, or a moment, may have done.
  if (is_one_of(code, {"RequestTimeout", "XAmzContentSHA256Mismatch", "BadDigest", "IncompleteBody"}))
    return Kind::unavailable;
  const bool may_pass =
      (status >= 500 && status != 501) || status == 408 || status == 409 || status == 425 || status == 429;
  return may_pass ? Kind::unavailable : Kind::refused;
}

Bucket::Bucket(BucketSettings settings, http_client::Client client,
               std::shared_ptr<SharedCredentials> credentials, IsToAbort is_to_abort)
    : settings_(std::move(settings)),
      host_(settings_.endpoint.substr(settings_.endpoint.find("//") + 2)),
      client_(std::move(client)),
      credentials_(std::move(credentials)),
      is_to_abort_(std::move(is_to_abort)) {
  if (settings_.addressing == Addressing::host) host_ = settings_.bucket + "." + host_;
  const std::string_view scheme =
      std::string_view(settings_.endpoint).substr(0, settings_.endpoint.find("//") + 2);
  base_ = std::string(scheme) + host_;
}

Result<Created, Trouble> Bucket::create(std::string_view key, std::string_view content,
                                        std::string_view media_type) {
  const Answer answer =
      TRY(send({.method = "PUT",
                .key = key,
                .fields = {{"Content-Type", std::string(media_type)}, {"If-None-Match", "*"}},
                .content = content}));
  if (answer.status == 412) return Created::before;
  if (answer.status != 200) return failure(trouble_of(answer));
  if (!answer.field("ETag").empty()) return Created::now;
  return failure(none_of_store());
}

Result<std::optional<std::string>, Trouble> Bucket::read(std::string_view key, std::size_t most_bytes) {
  Answer answer =
      TRY(send({.method = "GET", .key = key, .most_bytes = std::max(most_bytes + 1, kMostErrorBytes)}));
  if (answer.status == 404 && error_code_in(answer.content) == "NoSuchKey") return std::nullopt;
  if (answer.status != 200) return failure(trouble_of(answer));
  if (answer.field("ETag").empty()) return failure(none_of_store());
  return std::optional(std::move(answer.content));
}

Result<Page, Trouble> Bucket::list(const ListRequest& request) {
  const Answer answer =
      TRY(send({.method = "GET", .key = {}, .query = query_of(request), .most_bytes = kMostListingBytes}));
  if (answer.status != 200) return failure(trouble_of(answer));
  auto page = answer.is_cut ? std::nullopt : parse_page(answer.content);
  if (page && is_answer_to(request, *page)) return *std::move(page);
  return failure(Trouble{.kind = Trouble::Kind::unavailable,
                         .reason = "an answer 200 is no list of objects, as a store gives it: it seems to "
                                   "come from something in between"});
}

Result<Bucket::Fetched, Trouble> Bucket::fetch(std::string_view key, std::string_view etag,
                                               const std::function<bool(std::string_view piece)>& sink) {
  // What is given may be on its way to a client before the answer has ended.
  const auto is_of_tag = [etag](const Answer& head) { return without_quotes(head.field("ETag")) == etag; };
  bool is_other = false;
  auto outcome = send({.method = "GET",
                       .key = key,
                       .fields = {{"If-Match", fmt::format("\"{}\"", etag)}},
                       .most_bytes = kMostErrorBytes,
                       .sink = sink,
                       .accepts = [&](const Answer& head) {
                         is_other = !is_of_tag(head);
                         return !is_other;
                       }});
  if (!is_other) {
    const Answer answer = TRY(std::move(outcome));
    if (answer.status == 412) return Fetched::changed;
    if (answer.status == 404 && error_code_in(answer.content) == "NoSuchKey") return Fetched::gone;
    if (answer.status != 200) return failure(trouble_of(answer));
    if (is_of_tag(answer)) return Fetched::whole;
  }
  return failure(Trouble{.kind = Trouble::Kind::unavailable,
                         .reason = "the answer to a request with If-Match has another entity tag"});
}

Result<Answer, Trouble> Bucket::send(const Call& call) {
  Answer answer = TRY(send_once(call));
  return mend(answer) ? send_once(call) : Result<Answer, Trouble>(std::move(answer));
}

Result<Answer, Trouble> Bucket::send_once(const Call& call) {
  used_ = TRY(credentials_->get(nullptr, is_to_abort_));
  const bool is_about_bucket = call.key.empty() && settings_.addressing == Addressing::path;
  const std::string path =
      (settings_.addressing == Addressing::path ? path_of(settings_.bucket) : std::string()) +
      (is_about_bucket ? std::string() : path_of(call.key));
  const Unsigned request{.method = call.method,
                         .host = host_,
                         .path = path,
                         .query = call.query,
                         .region = settings_.region,
                         .content = crypto::sha256(call.content)};
  auto outcome = client_.send({.method = call.method,
                               .url = base_ + path + (call.query.empty() ? "" : "?" + call.query),
                               .fields = signed_fields(request, call.fields, used_,
                                                       wall_now() + std::chrono::nanoseconds(clock_offset_)),
                               .content = call.content,
                               .most_bytes = call.most_bytes,
                               .sink = call.sink,
                               .accepts = call.accepts},
                              is_to_abort_);
  if (auto* answer = std::get_if<Answer>(&outcome)) return std::move(*answer);
  if (const auto* none = std::get_if<http_client::NoAnswer>(&outcome))
    return failure(
        Trouble{.kind = Trouble::Kind::unavailable,
                .reason = fmt::format("there is no answer: {}", observe::printable(none->reason))});
  return failure(Trouble{.kind = Trouble::Kind::aborted, .reason = "the request was broken off"});
}

bool Bucket::mend(const Answer& answer) {
  const std::string_view code = error_code_in(answer.content);
  if (code == "RequestTimeTooSkewed") {
    const WallTime now = wall_now();
    const auto theirs = http::parse_date(answer.field("Date"), now);
    if (!theirs || *theirs < now - kMostSkew || *theirs > now + kMostSkew) return false;
    clock_offset_ = std::chrono::duration_cast<Duration>(*theirs - now);
    return true;
  }
  const bool are_refused = answer.status == 401 || answer.status == 403 ||
                           is_one_of(code, {"ExpiredToken", "InvalidToken", "TokenRefreshRequired"});
  if (!are_refused) return false;
  const auto others = credentials_->get(&used_, is_to_abort_);
  return others && *others != used_;
}

}  // namespace bobbin::object_store
