// The part of a session that leads from a request to its answer, on one stream. The connection is in
// session.cpp.
#include <algorithm>
#include <utility>

#include "http/discarding.h"
#include "http/http2/field_list.h"
#include "http/http2/session.h"
#include "http/request_id.h"
#include "http/response_head.h"

namespace bobbin::http::http2 {
namespace {

// So much content of a request that was answered from its head is read first: what a client may have sent
// before it could hear of the answer.
constexpr std::uint64_t kDiscardedBytes = kStreamWindowBytes;

constexpr Refusal kTooLarge{Status::content_too_large, "The content is larger than is accepted here."};

Framing framing_of(const Response& response) {
  if (never_has_content(response.status)) return NoContent{};
  if (const auto length = size_bytes(response.content)) return ContentLength{*length};
  return UntilClose{};  // the last frame says where the content ends
}

}  // namespace

ExchangeAddress Session::address_of(const Stream& stream) const {
  return {&context_.common.replies, id_, ExchangeId{static_cast<std::uint64_t>(stream.id)}};
}

// ---- the request ----

void Session::head_ends(std::int32_t id, bool ends_stream) {
  head_deadline_.reset();
  if (discards_input_) return;
  Stream& stream = add_stream(id);
  stream.request_has_ended = ends_stream;
  begin(stream);
}

void Session::begin(Stream& stream) {
  stream.summary.ordinal = ++requests_;
  stream.summary.started = now_;
  SessionContext& common = context_.common;
  RequestHead head;
  if (const auto refusal = head_.finish(head, !stream.request_has_ended)) {
    stream.request =
        with_id(unanswered(common, head, origin(), client_, now_), request_id(common, head, client_));
    stream.request.log_fields.handler.host = HandlerLogFields::Host::unchecked;
    return refuse(stream, *refusal);
  }
  const ClientClaims claims = believe(head, client_, common.proxies);
  const std::string id = request_id(common, head, client_);
  stream.summary.client = named_by_proxy(common, origin(), claims.client);
  if (names_malformed_host(claims, head)) {
    stream.request = with_id(unanswered(common, head, origin(), claims.client, now_), id);
    return refuse(stream, kMalformedForwardedHost);
  }
  std::string user;
  decide(stream, Request{.head = head,
                         .local = local_,
                         .client = claims.client,
                         .scheme = claims.scheme.value_or(listener_.scheme),
                         .exchange = address_of(stream),
                         .worker = common.worker,
                         .round = common.round,
                         .date = common.services.date(),
                         .listener = listener_,
                         .certificate = certificate_of(common, id_, listener_),
                         .id = id,
                         .user = &user});
}

/// Asks the handler, and does what it says.
void Session::decide(Stream& stream, const Request& request) {
  SessionContext& common = context_.common;
  const RequestHead& head = request.head;
  Begin decision = common.handler->begin(request);
  if (const auto* prepared = std::get_if<const PreparedResponse*>(&decision))
    return answer_prepared(stream, **prepared, request);
  stream.request = unanswered(common, request, origin(), stream.summary.started);
  if (auto* response = std::get_if<Response>(&decision)) {
    if (stream.request_has_ended || response->close || !is_worth_discarding(head, kDiscardedBytes))
      return answer(stream, std::move(*response));
    decision = std::make_unique<Discarding>(std::move(*response));
  }
  stream.handler = common.handler;
  if (auto* receiver = std::get_if<std::unique_ptr<Exchange>>(&decision))
    return receive(stream, head, std::move(*receiver));
  if (auto* pending = std::get_if<Pending>(&decision)) return await(stream, std::move(*pending));
  auto& undecided = std::get<Undecided>(decision);
  stream.undecided = std::make_unique<OwnedRequest>(request);
  await(stream, {.limit = undecided.limit, .late = std::move(undecided.late)});
}

void Session::decide_again(Stream& stream) {
  const auto request = std::move(stream.undecided);
  stream.pending.reset();
  decide(stream, request->asked_again());
}

void Session::receive(Stream& stream, const RequestHead& head, std::unique_ptr<Exchange> receiver) {
  stream.receiver = std::move(receiver);
  stream.allowance_bytes = settings().maximum_content_bytes;
  stream.last_received = now_;
  ++receivers_;
  if (head.framing.length_bytes > stream.allowance_bytes) {
    stream.receiver->cancelled();
    return refuse(stream, kTooLarge);
  }
  if (head.expects_continue && !stream.request_has_ended && stream.held.empty())
    send_interim(stream, Response{.status = Status::continue_});
  take_held(stream);
}

/// Gives the receiver what has arrived while nobody could take it.
void Session::take_held(Stream& stream) {
  const std::string held = std::exchange(stream.held, {});
  if (!held.empty()) give(stream, as_bytes(held));
  if (stream.receiver != nullptr && !stream.receiver_waits && stream.request_has_ended) complete(stream);
}

void Session::content_arrived(std::int32_t id, Bytes content) {
  Stream* stream = discards_input_ ? nullptr : find(id);
  if (stream == nullptr) return consume_of_connection(content.size());
  if (stream->discards_until != kNever) return consume(*stream, content.size());
  if (stream->receiver == nullptr && stream->undecided == nullptr) return drop(*stream, content.size());
  if (receiving_) receiving_->progressed(content.size(), settings().pace, now_);
  stream->last_received = now_;
  if (stream->receiver_waits || stream->undecided)
    stream->held += as_text(content);  // no more than the window of a stream
  else
    give(*stream, content);
}

/// Gives a receiver the next piece. What it has taken may be sent again, but not before it can go on.
void Session::give(Stream& stream, Bytes content) {
  if (content.size() > stream.allowance_bytes) {
    drop(stream, content.size());
    stream.receiver->cancelled();
    return refuse(stream, kTooLarge);
  }
  stream.allowance_bytes -= content.size();
  heed(stream, stream.receiver->content(content), content.size());
}

/// Does what the receiver says of the last `content_bytes`: goes on, waits, or answers.
void Session::heed(Stream& stream, Intake intake, std::size_t content_bytes) {
  if (std::holds_alternative<Wait>(intake)) {
    stream.receiver_waits = true;
    ++waiting_receivers_;
    stream.unconsumed_bytes = content_bytes;
    return;
  }
  consume(stream, content_bytes);
  if (auto* refused = std::get_if<Response>(&intake)) answer(stream, std::move(*refused));
}

void Session::go_on_receiving(Stream& stream) {
  stream.receiver_waits = false;
  --waiting_receivers_;
  stream.last_received = now_;
  heed(stream, stream.receiver->resumed(), std::exchange(stream.unconsumed_bytes, 0));
  if (stream.receiver != nullptr && !stream.receiver_waits) take_held(stream);
}

void Session::content_frame_ends(std::int32_t id, std::size_t content_bytes, bool ends_stream) {
  if (content_bytes == 0 && !ends_stream) count(Limit::empty_frames, kEmptyFrames);
  if (ends_stream) request_ends(id);
}

void Session::request_ends(std::int32_t id) {
  Stream* stream = discards_input_ ? nullptr : find(id);
  if (stream == nullptr) return;
  stream->request_has_ended = true;
  if (stream->receiver != nullptr && !stream->receiver_waits) complete(*stream);
}

void Session::complete(Stream& stream) {
  const auto receiver = std::move(stream.receiver);
  stop_receiving(stream);
  Reply reply = receiver->complete(ReplyLater(address_of(stream)));
  if (auto* pending = std::get_if<Pending>(&reply)) return await(stream, std::move(*pending));
  answer(stream, std::move(std::get<Response>(reply)));
}

void Session::stop_receiving(Stream& stream) {
  stream.receiver.reset();
  --receivers_;
  if (std::exchange(stream.receiver_waits, false)) --waiting_receivers_;
  drop(stream, std::exchange(stream.unconsumed_bytes, 0));
  drop_held(stream);
}

void Session::drop_held(Stream& stream) {
  if (stream.held.empty()) return;
  drop(stream, stream.held.size());
  stream.held.clear();
}

/// Content that has arrived and that nobody takes is consumed, for the sake of the other streams. On its own
/// the client may send more when it has its answer.
void Session::drop(Stream& stream, std::size_t bytes) {
  consume_of_connection(bytes);
  stream.dropped_bytes += bytes;
}

/// The answer is complete and the request is not: what still comes is of no use, but many clients look for
/// the answer only when they have sent all.
void Session::begin_to_discard(Stream& stream) {
  stream.discards_until = now_ + settings().linger;
  widen_window(stream);
  consume_of_stream(stream, std::exchange(stream.dropped_bytes, 0));
}

void Session::await(Stream& stream, Pending pending) {
  if (!stream.undecided) ++awaited_;
  stream.reply_deadline = now_ + pending.limit;
  stream.pending = std::move(pending);
}

void Session::resume(ExchangeId exchange, Instant now) {
  now_ = now;
  Stream* stream = find(static_cast<std::int32_t>(exchange));
  if (stream == nullptr) return;
  if (stream->undecided) decide_again(*stream);
  if (stream->receiver_waits) go_on_receiving(*stream);
  if (stream->source_waits) {
    stream->source_waits = false;
    --waiting_sources_;
    stream->content.go_on();
    stream->last_sent = now;
    resume_content(*stream);
  }
  settle();
}

bool Session::resolve(ExchangeId exchange, Response response, Instant now) {
  now_ = now;
  Stream* stream = find(static_cast<std::int32_t>(exchange));
  if (stream == nullptr || !stream->pending) return false;
  if (is_interim(response.status)) {
    send_interim(*stream, response);
  } else {
    stop_awaiting(*stream);
    answer(*stream, std::move(response));
  }
  settle();
  return true;
}

void Session::stop_awaiting(Stream& stream) {
  stream.pending.reset();
  if (stream.undecided)
    stream.undecided.reset();
  else
    --awaited_;
}

// ---- the answer ----

void Session::refuse(Stream& stream, const Refusal& refusal) {
  Response response = Response::error(refusal.status, std::string(refusal.reason));
  response.log_fields.host = stream.request.log_fields.handler.host;
  response.log_fields.violation = refusal.violation;
  response.fields = refusal.fields;
  answer(stream, std::move(response));
}

void Session::send_interim(const Stream& stream, const Response& response) {
  std::string& front = context_.front;
  front.clear();
  append_front(front, response, NoContent{});
  find_field_lines(front, after_status_line(front), context_.lines);
  FieldList fields(response.status);
  fields.add(front, context_.lines);
  submit_interim(stream, fields);
}

/// Of all responses: the listener's fields, Date and Server stand behind those of the response (CONTRACT §2).
void Session::submit(Stream& stream, FieldList& fields, bool has_content) {
  find_field_lines(listener_.fields, 0, context_.lines);
  fields.add(listener_.fields, context_.lines);
  std::string id_line;  // empty in most cases, and then no memory
  append_request_id(id_line, settings(), stream.summary.log_fields.request_id);
  if (!id_line.empty()) {
    find_field_lines(id_line, 0, context_.lines);
    fields.add(id_line, context_.lines);
  }
  constexpr std::string_view kDate = "Date: ";
  const std::string_view date_field = context_.common.services.date_field();
  fields.add_literal("date", date_field.substr(kDate.size(), date_field.size() - kDate.size() - 2));
  const std::string_view server = settings().server_name;
  if (!server.empty()) fields.add_literal("server", server, NGHTTP2_NV_FLAG_NO_COPY_VALUE);
  stream.writing = Stream::Writing::content;
  stream.summary.answered = now_;
  stream.last_sent = now_;
  ++answering_;
  submit_answer(stream, fields, has_content);
}

void Session::answer(Stream& stream, Response response) {
  if (stream.receiver != nullptr) stop_receiving(stream);
  drop_held(stream);
  context_.common.handler->finish(stream.request.summary, response);
  const Framing framing = framing_of(response);
  ExchangeSummary& summary = stream.summary;
  summary.method = stream.request.summary.method;
  summary.site = response.log_fields.site;
  summary.refused = response.log_fields.refused;
  summary.log_fields = std::move(stream.request.log_fields);
  summary.log_fields.handler = std::move(response.log_fields);
  summary.log_fields.detail = std::move(response.detail);
  summary.status = response.status;
  if (const auto* length = std::get_if<ContentLength>(&framing)) summary.content_length_bytes = length->bytes;

  std::string& front = context_.front;
  front.clear();
  append_front(front, response, framing);
  if (response.keep) keep_prepared(response, front, summary.log_fields);
  find_field_lines(front, after_status_line(front), context_.lines);
  FieldList fields(response.status);
  fields.add(front, context_.lines);
  const bool is_empty = never_has_content(response.status) || size_bytes(response.content) == 0;
  const bool has_content = !is_empty && stream.request.summary.method != Method::head;
  if (has_content) stream.content.set(std::move(response.content));
  submit(stream, fields, has_content);
}

void Session::answer_prepared(Stream& stream, const PreparedResponse& prepared, const Request& request) {
  drop_held(stream);
  ExchangeSummary& summary = stream.summary;
  if (context_.common.services.wants_log_fields()) {
    set_client_fields(summary.log_fields, request);
    summary.log_fields.handler = prepared.log_fields;
    summary.log_fields.detail = prepared.detail;
  }
  summary.method = request.head.method;
  summary.site = prepared.log_fields.site;
  summary.refused = prepared.log_fields.refused;
  summary.log_fields.request_id = request.id;
  summary.status = prepared.status;
  summary.content_length_bytes = prepared.content_length_bytes;
  FieldList fields(prepared.status);
  fields.add(prepared.head, prepared.lines);
  const bool has_content = request.head.method != Method::head &&
                           (!prepared.content.empty() || prepared.shared_content != nullptr);
  if (has_content) stream.content.set(prepared.content, prepared.shared_content);
  submit(stream, fields, has_content);
}

void Session::source_waits(Stream& stream) {
  stream.source_waits = true;
  ++waiting_sources_;
  stream.last_sent = now_;
}

/// A frame of an answer is in the output.
void Session::answer_frame_made(std::int32_t id, std::uint32_t content_bytes, bool is_last) {
  Stream* stream = find(id);
  if (stream == nullptr || stream->writing != Stream::Writing::content) return;
  stream->last_sent = now_;
  ++stream->frames;
  marks_.push_back(
      {.stream = stream, .end = made_bytes_, .content_bytes = content_bytes, .is_last = is_last});
  if (!is_last) return;
  stop_answering(*stream);
  if (!stream->request_has_ended) begin_to_discard(*stream);
}

void Session::stop_answering(Stream& stream) {
  stream.writing = Stream::Writing::finished;
  --answering_;
  if (std::exchange(stream.source_waits, false)) --waiting_sources_;
}

// ---- exchanges that end otherwise ----

/// The content of an answer cannot be given as it was announced. nghttp2 resets the stream.
void Session::fail_content(Stream& stream) {
  HandlerLogFields& fields = stream.summary.log_fields.handler;
  fields.cause = "Cannot send all of " + (fields.subject.empty() ? "the content" : fields.subject) + ": " +
                 stream.content.failure();
  end_unfinished(stream, Outcome::cut_short);
}

void Session::give_up(Stream& stream, Outcome reason) {
  end_unfinished(stream, reason);
  reset_stream(stream, Reset::given_up);
}

/// Tells everybody who works for the exchange that it is over, unless its answer is in the output whole.
void Session::end_unfinished(Stream& stream, Outcome reason) {
  if (stream.writing == Stream::Writing::finished) return;
  stream.summary.outcome = reason;
  if (stream.receiver != nullptr) {
    stream.receiver->cancelled();
    stop_receiving(stream);
  }
  if (stream.pending) {
    if (stream.pending->cancelled) stream.pending->cancelled();
    stop_awaiting(stream);
  }
  drop_held(stream);
  if (stream.writing == Stream::Writing::content) {
    stream.content.cancel();
    return stop_answering(stream);
  }
  stream.writing = Stream::Writing::finished;
  stream.summary.status = Status::service_unavailable;
  stream.summary.log_fields = std::move(stream.request.log_fields);
}

void Session::stream_closed(std::int32_t id) {
  Stream* stream = find(id);
  if (stream == nullptr) return;
  stream->is_closed = true;
  end_unfinished(*stream, Outcome::client_left);
  remove_if_over(*stream);
}

}  // namespace bobbin::http::http2
