#include "feed/feed_handler.h"

#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "feed/record_source.h"
#include "http/target.h"

namespace bobbin::feed {
namespace {

using http::Method;
using http::Response;
using http::Status;

// How much the files of one answer have together, but for one record that is larger. An event stream goes on.
constexpr std::uint64_t kMostAnswerBytes = 4UL * 1024 * 1024;

constexpr std::string_view kAllow = "GET, HEAD, POST, OPTIONS";

/// What a reader has asked for, as long as it waits.
struct Reading {
  std::shared_ptr<const FeedSettings> settings;
  Query query;
  Form form = Form::cloud_events;
  http::ExchangeAddress exchange;
};

/// A head without content, for the records through `last`.
Response head_of(const Reading& reading, std::uint64_t last) {
  Response response = Response::with_content(Status::ok, media_type_of(reading.form), {});
  response.forbid_storing();
  response.add_field("Vary", "Accept");
  if (reading.form == Form::events) return response;
  Query next = reading.query;
  next.since = last;
  response.add_field("Link", fmt::format("<{}?{}>; rel=\"next\"", reading.settings->path, text_of(next)));
  return response;
}

Response without_records(const Reading& reading) {
  Response response = head_of(reading, reading.query.since);
  response.content = std::string(beginning_of(reading.form)).append(end_of(reading.form));
  return response;
}

Response with_records(const Reading& reading, Feed& feed) {
  const Query& query = reading.query;
  const bool is_stream = reading.form == Form::events;
  const Index::Range range =
      is_stream ? Index::Range{.last = query.since} : feed.range(query.since, query.limit, kMostAnswerBytes);
  if (!is_stream && range.records == 0) return without_records(reading);
  Response response = head_of(reading, range.last);
  response.content =
      std::make_unique<RecordSource>(feed.shared_from_this(),
                                     RecordSource::Settings{.form = reading.form,
                                                            .source = reading.settings->path,
                                                            .after = query.since,
                                                            .through = range.last,
                                                            .comment_every = reading.settings->comment_every},
                                     http::Resume(reading.exchange));
  return response;
}

/// Nothing: there are records, or nobody may wait any more.
std::optional<http::Pending> wait_for_records(const Reading& reading, Feed& feed) {
  const auto place = feed.wait(reading.query.since, kNever, [reading](Feed& woken) {
    http::ReplyLater(reading.exchange)(with_records(reading, woken));
  });
  if (!place) return std::nullopt;
  return http::Pending{.limit = reading.query.wait,
                       .late = without_records(reading),
                       // As small as it is, it needs no memory of its own.
                       .cancelled = [&feed, number = place->second] { feed.leave({kNever, number}); }};
}

Result<Query, std::string> query_of(const http::RequestHead& head, Form form) {
  std::string_view text = http::query_part(head.target);
  if (!text.empty()) text.remove_prefix(1);
  Query query = TRY(parse_query(text));
  if (form != Form::events) return query;
  for (const http::Field& field : head.fields.lines())
    if (equals_ignoring_case(field.name_text, "Last-Event-ID"))
      query.since = TRY(parse_last_event_id(field.value));
  return query;
}

Response not_there_yet() {
  Response response =
      Response::error(Status::service_unavailable, "It is not known yet which records are there.");
  response.add_field("Retry-After", "1");
  return response;
}

Response not_acceptable() {
  return Response::error(Status::not_acceptable,
                         "Records are given as application/cloudevents-batch+json, application/x-ndjson, "
                         "text/event-stream or application/json-seq.");
}

Response beyond_the_end(std::uint64_t since, std::uint64_t last) {
  return Response::error(Status::conflict,
                         fmt::format("There is no sequence {}: the last one is {}. Where the journal has "
                                     "begun anew, read from since=0.",
                                     since, last));
}

Response methods(Status status) {
  Response response = status == Status::no_content
                          ? Response::with_content(status, "", {})
                          : Response::error(status, "An inbox is read by GET, and takes documents by POST.");
  response.add_field("Allow", kAllow);
  return response;
}

bool is_reading(Method method) { return method == Method::get || method == Method::head; }

}  // namespace

FeedHandler::FeedHandler(FeedSettings settings, std::shared_ptr<Feed> feed,
                         std::shared_ptr<const http::Handler> inbox)
    : settings_(std::make_shared<const FeedSettings>(std::move(settings))),
      feed_(std::move(feed)),
      inbox_(std::move(inbox)) {}

http::Begin FeedHandler::begin(const http::Request& request) const {
  const Method method = request.head.method;
  if (method == Method::post) return inbox_->begin(request);
  if (method == Method::options) return methods(Status::no_content);
  if (!is_reading(method)) return methods(Status::method_not_allowed);
  request.note("feed", {"the records of the inbox ", settings_->name});
  const auto form = form_for(request.head);
  if (!form) return not_acceptable();
  const auto query = query_of(request.head, *form);
  if (!query) return Response::error(Status::bad_request, query.error());
  const Reading reading{.settings = settings_, .query = *query, .form = *form, .exchange = request.exchange};
  if (feed_ == nullptr) return without_records(reading);
  if (!feed_->is_ready()) return not_there_yet();
  if (const std::uint64_t last = feed_->last_sequence(); query->since > last)
    return beyond_the_end(query->since, last);
  const bool may_wait = method == Method::get && *form != Form::events && query->wait > seconds(0);
  if (may_wait)
    if (auto pending = wait_for_records(reading, *feed_)) return *std::move(pending);
  return with_records(reading, *feed_);
}

http::ErrorForm FeedHandler::error_form(const http::RequestHead& head) const {
  return is_reading(head.method) ? http::ErrorForm::problem : inbox_->error_form(head);
}

}  // namespace bobbin::feed
