// The part of a session that leads from a request to its answer. Reading and writing are in session.cpp.
#include <algorithm>
#include <utility>

#include "http/discarding.h"
#include "http/http1/session.h"
#include "http/request_id.h"

namespace bobbin::http::http1 {
namespace {

// So much may be queued of answers to pipelined requests. Beyond that, queued answers have to leave first.
constexpr std::uint64_t kPipelinedBytes = 64 * 1024;
constexpr std::size_t kPipelinedAnswers = 32;

// RFC 9112 §9.3: the connection can be kept after an answer that did not need the content only when the
// content is read. That is worth while for this much; for more, closing is cheaper for both sides.
constexpr std::uint64_t kDiscardedBytes = 256 * 1024;

// So much of a request line that could not be read is logged; the line may be as long as the head limit.
constexpr std::size_t kLoggedLineBytes = 200;

bool announces_content(const ContentFraming& framing) {
  return framing.kind == ContentFraming::Kind::chunked || framing.length_bytes > 0;
}

Framing framing_of(const Response& response, int minor_version) {
  if (never_has_content(response.status)) return NoContent{};
  if (const auto length = size_bytes(response.content)) return ContentLength{*length};
  if (minor_version >= 1) return Chunked{};
  return UntilClose{};
}

}  // namespace

void Session::begin(RequestHead& head, Bytes rest, Instant now) {
  const ClientClaims claims = believe(head, client_, context_.proxies);
  const std::string id = request_id(context_, head, client_);
  if (names_malformed_host(claims, head))
    return refuse(kMalformedForwardedHost,
                  with_id(unanswered(context_, head, origin(), claims.client, now), id), now);
  std::string user;
  decide(Request{.head = head,
                 .local = local_,
                 .client = claims.client,
                 .scheme = claims.scheme.value_or(listener_->scheme),
                 .exchange = {&context_.replies, id_, ExchangeId{requests_}},
                 .worker = context_.worker,
                 .round = context_.round,
                 .date = context_.services.date(),
                 .listener = *listener_,
                 .certificate = certificate_of(context_, id_, *listener_),
                 .id = id,
                 .user = &user},
         !rest.empty(), now, now);
}

/// Asks the handler, and does what it says. `started`: when the head was complete.
void Session::decide(const Request& request, bool more_has_arrived, Instant started, Instant now) {
  const RequestHead& head = request.head;
  const bool has_content = announces_content(head.framing);
  const Reading reading{.content_is_read = !has_content, .more_has_arrived = more_has_arrived};
  Begin decision = context_.handler->begin(request);
  if (const auto* prepared = std::get_if<const PreparedResponse*>(&decision))
    return answer_prepared(**prepared, request, reading, started, now);

  UnansweredRequest kept = unanswered(context_, request, origin(), started);
  if (auto* receiver = std::get_if<std::unique_ptr<Exchange>>(&decision))
    return receive(head, std::move(*receiver), context_.settings.maximum_content_bytes, more_has_arrived,
                   std::move(kept), now);
  if (auto* response = std::get_if<Response>(&decision)) {
    if (response->close || !has_content || !is_worth_discarding(head, kDiscardedBytes))
      return answer(std::move(*response), std::move(kept), reading, now);
    return receive(head, std::make_unique<Discarding>(std::move(*response)), kDiscardedBytes, true,
                   std::move(kept), now);
  }
  current_ = std::make_unique<Current>(Current{.handler = context_.handler, .request = std::move(kept)});
  current_->content_is_read = !has_content;
  if (auto* pending = std::get_if<Pending>(&decision)) return await(std::move(*pending), now);
  auto& undecided = std::get<Undecided>(decision);
  current_->undecided = std::make_unique<OwnedRequest>(request);
  await({.limit = undecided.limit, .late = std::move(undecided.late)}, now);
}

void Session::decide_again(Instant now) {
  const auto waited = std::move(current_);
  decide(waited->undecided->asked_again(), has_input(), waited->request.started, now);
}

void Session::receive(const RequestHead& head, std::unique_ptr<Exchange> receiver, std::uint64_t limit_bytes,
                      bool content_has_arrived, UnansweredRequest request, Instant now) {
  if (head.expects_continue && announces_content(head.framing) && !content_has_arrived)
    workspace().responses.text() += "HTTP/1.1 100 Continue\r\n\r\n";
  current_ = std::make_unique<Current>(
      Current{.handler = context_.handler, .request = std::move(request), .receiver = std::move(receiver)});
  reader_.begin_content(head.framing, limit_bytes, context_.settings.pace, now);
}

void Session::complete(bool more_has_arrived, Instant now) {
  const auto receiver = std::move(current_->receiver);
  reader_.stop();
  Reply reply = receiver->complete(ReplyLater({&context_.replies, id_, ExchangeId{requests_}}));
  if (auto* pending = std::get_if<Pending>(&reply)) return await(std::move(*pending), now);
  const auto finished = std::move(current_);
  answer(std::move(std::get<Response>(reply)), std::move(finished->request),
         {.more_has_arrived = more_has_arrived}, now);
}

void Session::await(Pending pending, Instant now) {
  reader_.stop();
  current_->reply_deadline = now + pending.limit;
  current_->pending = std::move(pending);
}

bool Session::waits_for_handler() const { return current_ != nullptr && current_->pending; }

bool Session::awaits_reply() const { return waits_for_handler() && !current_->undecided; }

void Session::resume(ExchangeId exchange, Instant now) {
  if (exchange != ExchangeId{requests_}) return;
  if (workspace_ != nullptr) workspace_->responses.resume(now);
  if (current_ != nullptr && current_->undecided) {
    decide_again(now);
  } else if (reader_.is_paused()) {
    reader_.go_on(now);
    static_cast<void>(heed(current_->receiver->resumed(), has_input(), now));
  } else {
    return;
  }
  // Nothing more need have arrived, since the piece that had to wait may have been the last one.
  if (has_input())
    process_buffered(now);
  else
    static_cast<void>(process({}, now));
  if (input_ended_) input_ended(now);
}

bool Session::resolve(ExchangeId exchange, Response response, Instant now) {
  // No further request is begun while an answer is awaited, so this must be the answer to the last one.
  if (!awaits_reply() || exchange != ExchangeId{requests_}) return false;
  if (is_interim(response.status)) {
    send_interim(response);
    return true;
  }
  const auto finished = std::move(current_);
  const Reading reading{.content_is_read = finished->content_is_read, .more_has_arrived = has_input()};
  answer(std::move(response), std::move(finished->request), reading, now);
  return true;
}

/// Sends a 1xx answer, which the final answer follows (RFC 9110 §15.2). A client of HTTP/1.0 does not know
/// such answers and gets none.
void Session::send_interim(const Response& response) {
  if (current_->request.summary.minor_version >= 1) append_interim(workspace().responses.text(), response);
}

/// Tells the handler that nobody waits any more for what it receives or does.
void Session::cancel_exchange() {
  if (current_ == nullptr) return;
  if (current_->receiver != nullptr) current_->receiver->cancelled();
  if (current_->pending && current_->pending->cancelled) current_->pending->cancelled();
}

// ---- refusing ----

void Session::refuse_head(Refusal refusal, Bytes input, Instant now) {
  ++requests_;
  UnansweredRequest request{.summary = {}, .log_fields = {}, .started = now};
  request.log_fields.request_id = request_id(context_, RequestHead{}, client_);
  request.log_fields.handler.host = HandlerLogFields::Host::unchecked;
  std::string_view text = as_text(input);
  // As many empty lines are left out as the parser skips, and no more, so that a refused head looks the same
  // in the log whether or not more bytes came with it.
  for (int line = 0; line < kMaximumEmptyLines && text.starts_with("\r\n"); ++line) text.remove_prefix(2);
  if (context_.services.wants_log_fields())
    request.log_fields.request_line = text.substr(0, std::min(text.find_first_of("\r\n"), kLoggedLineBytes));
  // The part that could be read decides how the error is shown. An answer to HEAD has no content, whatever
  // else is wrong with the request (RFC 9110 §9.3.2).
  request.summary = context_.handler->summarize(read_until_fault(as_text(input), context_.settings.head),
                                                local_, *listener_);
  if (workspace_ != nullptr) workspace_->input.clear();
  refuse(refusal, std::move(request), now);
}

void Session::refuse_current(Refusal refusal, Instant now) {
  cancel_exchange();
  const auto refused = std::move(current_);
  refuse(refusal, std::move(refused->request), now);
}

void Session::refuse(Refusal refusal, UnansweredRequest request, Instant now) {
  Response response = Response::error(refusal.status, std::string(refusal.reason));
  response.log_fields.host = request.log_fields.handler.host;
  response.log_fields.violation = refusal.violation;
  response.fields = refusal.fields;
  response.close = true;
  // The end of the request is in doubt, so more may be on the way.
  answer(std::move(response), std::move(request), {.content_is_read = false}, now);
}

// ---- answering ----

void Session::answer(Response response, UnansweredRequest request, Reading reading, Instant now) {
  context_.handler->finish(request.summary, response);
  const Framing framing = framing_of(response, request.summary.minor_version);
  // Without a length and without the chunked coding the end of the connection is the end of the content.
  const bool ends_with_connection = std::holds_alternative<UntilClose>(framing);
  const bool keeps =
      keeps_connection(request.summary.persists, reading) && !response.close && !ends_with_connection;
  ExchangeSummary& summary = begin_answer(keeps, request.client, request.started, now);
  summary.method = request.summary.method;
  summary.site = response.log_fields.site;
  summary.refused = response.log_fields.refused;
  summary.log_fields = std::move(request.log_fields);
  summary.log_fields.handler = std::move(response.log_fields);
  summary.log_fields.detail = std::move(response.detail);
  summary.status = response.status;
  if (const auto* length = std::get_if<ContentLength>(&framing)) summary.content_length_bytes = length->bytes;

  ResponseQueue& responses = workspace_->responses;
  const std::size_t front_start = responses.text().size();
  append_front(responses.text(), response, framing);
  if (response.keep)
    keep_prepared(response, std::string_view(responses.text()).substr(front_start), summary.log_fields);
  append_back(responses.text(), keeps, summary.log_fields.request_id);
  responses.begin_content();
  if (request.summary.method == Method::head || never_has_content(response.status))
    responses.end();
  else
    add_content(response.content, framing);
  // A client that has said `close` sends no more, so a close at once cannot reset the connection.
  end_answer(keeps, (!request.summary.persists || ends_with_connection) && reading.content_is_read, now);
}

void Session::add_content(Content& content, const Framing& framing) {
  ResponseQueue& responses = workspace_->responses;
  if (auto* source = std::get_if<std::unique_ptr<ContentSource>>(&content)) {
    using Coding = ResponseQueue::Coding;
    const Coding coding = std::holds_alternative<ContentLength>(framing) ? Coding::length
                          : std::holds_alternative<Chunked>(framing)     ? Coding::chunked
                                                                         : Coding::until_close;
    return responses.add_source(std::move(*source), coding);
  }
  if (auto* text = std::get_if<std::string>(&content)) responses.add(std::move(*text));
  if (auto* shared = std::get_if<SharedBytes>(&content)) responses.add(*shared);
  responses.end();
}

void Session::answer_prepared(const PreparedResponse& prepared, const Request& request, Reading reading,
                              Instant started, Instant now) {
  const RequestHead& head = request.head;
  const bool keeps = keeps_connection(head.asks_to_persist, reading);
  ExchangeSummary& summary =
      begin_answer(keeps, named_by_proxy(context_, origin(), request.client), started, now);
  if (context_.services.wants_log_fields()) {
    set_client_fields(summary.log_fields, request);
    summary.log_fields.handler = prepared.log_fields;
    summary.log_fields.detail = prepared.detail;
  }
  summary.method = head.method;
  summary.site = prepared.log_fields.site;
  summary.refused = prepared.log_fields.refused;
  summary.log_fields.request_id = request.id;
  summary.status = prepared.status;
  summary.content_length_bytes = prepared.content_length_bytes;

  ResponseQueue& responses = workspace_->responses;
  responses.text() += prepared.head;
  append_back(responses.text(), keeps, request.id);
  responses.begin_content();
  if (head.method != Method::head) {
    responses.text() += prepared.content;
    if (prepared.shared_content != nullptr) responses.add(prepared.shared_content);
  }
  responses.end();
  end_answer(keeps, !head.asks_to_persist && reading.content_is_read, now);
}

void Session::append_back(std::string& out, bool keeps_connection, std::string_view request_id) const {
  out += listener_->fields;
  append_request_id(out, context_.settings, request_id);
  const std::string_view date_field = context_.services.date_field();
  if (keeps_connection)
    context_.back.append_keeping(out, date_field, context_.settings.maximum_requests - requests_);
  else
    context_.back.append_closing(out, date_field);
}

ExchangeSummary& Session::begin_answer(bool keeps_connection, const std::optional<Endpoint>& client,
                                       Instant started, Instant now) {
  ExchangeSummary& summary = workspace().responses.begin(context_.settings.pace, now);
  summary.keeps_connection = keeps_connection;
  summary.ordinal = requests_;
  summary.started = started;
  summary.answered = now;
  summary.client = client;
  return summary;
}

void Session::end_answer(bool keeps_connection, bool client_is_done, Instant now) {
  if (keeps_connection) return wait_for_request(now);
  reader_.stop();
  phase_ = Phase::closing;
  lingers_ = !client_is_done;
}

bool Session::keeps_connection(bool asks_to_persist, const Reading& reading) const {
  const unsigned maximum = context_.settings.maximum_requests;
  // While the server stops, a connection ends with the last request that has arrived.
  const bool stops = shutting_down_ || context_.services.is_stopping();
  return asks_to_persist && reading.content_is_read && (maximum == 0 || requests_ < maximum) &&
         !context_.services.ends_connections() && (!stops || reading.more_has_arrived);
}

bool Session::may_pipeline() const {
  if (workspace_ == nullptr) return true;
  const ResponseQueue& responses = workspace_->responses;
  return !responses.has_source() && responses.responses() < kPipelinedAnswers &&
         responses.pending_bytes() < kPipelinedBytes;
}

}  // namespace bobbin::http::http1
