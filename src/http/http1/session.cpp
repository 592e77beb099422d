#include "http/http1/session.h"

#include <algorithm>
#include <utility>

#include "http/error_form.h"
#include "http/http1/response_writer.h"

namespace bobbin::http::http1 {
namespace {

// Pipelined requests are answered together up to here; then what is queued has to leave first.
constexpr std::uint64_t kPipelinedBytes = 64 * 1024;
constexpr std::size_t kPipelinedAnswers = 32;

// RFC 9112 §9.3: to keep the connection behind an answer that did not need the content, the content must be
// read. Worth it for this much; beyond, closing is cheaper for both.
constexpr std::uint64_t kDiscardedBytes = 256 * 1024;

// Of a request line that could not be read; the whole of it may be as long as the head limit.
constexpr std::size_t kLoggedLineBytes = 200;

/// Reads the content of a request that was answered from its head alone, then gives that answer.
class Discarding final : public Exchange {
 public:
  explicit Discarding(Response response) : response_(std::move(response)) {}
  std::optional<Response> content(Bytes) override { return std::nullopt; }
  Reply complete(ReplyLater later) override {
    std::move(later).forget();
    return std::move(response_);
  }

 private:
  Response response_;
};

bool announces_content(const ContentFraming& framing) {
  return framing.kind == ContentFraming::Kind::chunked || framing.length_bytes > 0;
}

/// Empty lines in front of a request that has not begun (RFC 9112 §2.2), as many as the parser passes over:
/// they leave the connection idle.
bool is_empty_lines(std::string_view input) {
  if (input.front() != '\r' || input.size() > 2 * kMaximumEmptyLines) return false;
  for (std::size_t i = 0; i < input.size(); ++i)
    if (input[i] != "\r\n"[i % 2]) return false;
  return true;
}

/// A client that waits for 100 Continue has not sent its content: an error tells it not to (RFC 9110
/// §10.1.1).
bool is_worth_discarding(const RequestHead& head) {
  return head.framing.kind == ContentFraming::Kind::length && head.framing.length_bytes <= kDiscardedBytes &&
         !head.expects_continue;
}

}  // namespace

Session::Session(Services& services, ConnectionId id, const Endpoint& local, Instant now)
    : shared_(services), state_(Idle{now}), id_(id), local_(local) {}

Workspace& Session::workspace() {
  if (workspace_ == nullptr) workspace_ = shared_.workspaces.take();
  return *workspace_;
}

void Session::rest() {
  if (workspace_ == nullptr) return;
  if (workspace_->empty()) return shared_.workspaces.give_back(std::move(workspace_));
  workspace_->input.shrink_to_fit();
  workspace_->output.shrink();
}

// ---- input ----

bool Session::wants_input() const {
  return !input_ended_ && (std::holds_alternative<Idle>(state_) || std::holds_alternative<Head>(state_) ||
                           std::holds_alternative<std::unique_ptr<Receiving>>(state_) ||
                           std::holds_alternative<Lingering>(state_));
}

void Session::received(Bytes input, Instant now) {
  if (input.empty()) {
    input_ended_ = true;
    return input_ended(now);
  }
  if (std::holds_alternative<Lingering>(state_))
    return;  // read only so that the close does not become a reset
  if (!has_input()) return process(input, now);
  std::string gathered = std::exchange(workspace_->input, {});
  gathered.append(as_text(input));
  process(as_bytes(gathered), now);
}

void Session::process(Bytes input, Instant now) {
  while (advance(input, now)) {
  }
  auto* sending = std::get_if<Sending>(&state_);
  if (sending != nullptr && sending->then != Sending::Then::next_request) {
    // What follows a last request is not ours to answer, but closing over it would reset the connection.
    if (!input.empty()) sending->then = Sending::Then::linger;
    return;
  }
  if (!input.empty()) workspace().input.assign(as_text(input));
}

bool Session::advance(Bytes& input, Instant now) {
  if (auto* receiving = std::get_if<std::unique_ptr<Receiving>>(&state_))
    return read_content(std::move(*receiving), input, now);
  if (input.empty()) return false;
  if (auto* head = std::get_if<Head>(&state_)) return read_head(*head, input, now);
  const auto* sending = std::get_if<Sending>(&state_);
  const bool pipelines = sending != nullptr && sending->then == Sending::Then::next_request && may_pipeline();
  if (!pipelines && !std::holds_alternative<Idle>(state_)) return false;
  if (is_empty_lines(as_text(input))) return false;
  if (answer_from_cache(input, now)) return true;
  // Absolute, from the first byte: extending it per byte would let one byte every few seconds hold a place
  // for ever.
  state_ = Head{.deadline = now + shared_.settings.head_timeout};
  return true;
}

bool Session::answer_from_cache(Bytes& input, Instant now) {
  const auto* remembered = shared_.memory.find(as_text(input), local_);
  if (remembered == nullptr) return false;
  ++requests_;
  input = input.subspan(remembered->request().size());
  answer_cached(*remembered, now);
  return true;
}

bool Session::read_head(Head& head, Bytes& input, Instant now) {
  const bool came_in_pieces =
      head.progress.read_bytes > 0;  // not whole when it was looked for at its beginning
  if (came_in_pieces && answer_from_cache(input, now)) return true;
  const HeadResult result = parse_head(as_text(input), head.progress, shared_.settings.head);
  if (std::holds_alternative<NeedMore>(result)) return false;
  if (const auto* refusal = std::get_if<Refusal>(&result)) {
    refuse_head(*refusal, input, now);
    return false;
  }
  ++requests_;
  const auto& parsed = std::get<ParsedHead>(result);
  const Bytes rest = input.subspan(parsed.size_bytes);
  begin(parsed.head, input.first(parsed.size_bytes), !rest.empty(), now);
  input = rest;
  return true;
}

bool Session::read_content(std::unique_ptr<Receiving> receiving, Bytes& input, Instant now) {
  while (!receiving->decoder.finished()) {
    if (input.empty()) {
      state_ = std::move(receiving);
      return false;
    }
    const ContentDecoder::Result result = receiving->decoder.decode(input);
    if (const auto* refusal = std::get_if<Refusal>(&result)) {
      refuse(*refusal, std::move(receiving->asked), now);
      return false;
    }
    const auto& step = std::get<ContentDecoder::Step>(result);
    input = input.subspan(step.consumed_bytes);
    receiving->pace.progressed(step.consumed_bytes, now);
    if (step.content.empty()) continue;
    if (auto refused = receiving->exchange->content(step.content)) {
      answer(std::move(*refused), std::move(receiving->asked), receiving->decoder.finished(), now);
      return true;
    }
  }
  complete(std::move(receiving), now);
  return true;
}

void Session::input_ended(Instant now) {
  if (auto* receiving = std::get_if<std::unique_ptr<Receiving>>(&state_))
    return refuse({Status::bad_request, "The connection ended before the content did."},
                  std::move((*receiving)->asked), now);
  if (std::holds_alternative<Head>(state_))
    return refuse_head({Status::bad_request, "The connection ended before the request did."},
                       buffered_input(), now);
  if (std::holds_alternative<Idle>(state_) || std::holds_alternative<Lingering>(state_)) state_ = Done{};
}

// ---- one exchange ----

Session::RequestSummary Session::summary_of(const RequestHead& head, Instant now) const {
  RequestSummary asked{.method = head.method,
                       .persists = head.asks_to_persist,
                       .started = now,
                       .texts = std::make_shared<LogFields>()};
  if (shared_.host.wants_log_fields()) {
    asked.texts->request_line = head.line;
    asked.texts->host = head.authority;
    asked.texts->referer = head.fields.first(FieldName::referer).value_or("");
    asked.texts->user_agent = head.fields.first(FieldName::user_agent).value_or("");
  }
  return asked;
}

void Session::begin(const RequestHead& head, Bytes head_bytes, bool content_has_arrived, Instant now) {
  RequestSummary asked = summary_of(head, now);
  const bool has_content = announces_content(head.framing);
  Begin decision = shared_.handler.begin(Request{.head = head, .local = local_});
  auto* response = std::get_if<Response>(&decision);
  if (response == nullptr || is_error(response->status)) asked.error_form = shared_.handler.error_form(head);
  if (response != nullptr && response->revalidator != nullptr && !has_content) {
    render(*response, asked.error_form);
    remember(head_bytes, asked, *response);
  }

  if (response != nullptr && (response->close || !has_content || !is_worth_discarding(head)))
    return answer(std::move(*response), std::move(asked), !has_content, now);

  const bool discards = response != nullptr;
  auto exchange = discards ? std::make_unique<Discarding>(std::move(*response))
                           : std::move(std::get<std::unique_ptr<Exchange>>(decision));
  if (!discards && head.expects_continue && has_content && !content_has_arrived)
    workspace().output.text() += "HTTP/1.1 100 Continue\r\n\r\n";
  const std::uint64_t limit = discards ? kDiscardedBytes : shared_.settings.maximum_content_bytes;
  state_ = std::make_unique<Receiving>(Receiving{.exchange = std::move(exchange),
                                                 .decoder = ContentDecoder(head.framing, limit),
                                                 .pace = Pace(now),
                                                 .asked = std::move(asked)});
}

void Session::complete(std::unique_ptr<Receiving> receiving, Instant now) {
  Reply reply = receiving->exchange->complete(ReplyLater(shared_.replies, id_, ExchangeId{requests_}));
  if (auto* response = std::get_if<Response>(&reply))
    return answer(std::move(*response), std::move(receiving->asked), true, now);
  state_ = Awaiting{.deadline = now + shared_.settings.reply_timeout,
                    .asked = std::make_unique<RequestSummary>(std::move(receiving->asked))};
}

bool Session::resolve(ExchangeId exchange, Response response, Instant now) {
  // No further request is begun while an answer is awaited: so it is that of the last one.
  auto* awaiting = std::get_if<Awaiting>(&state_);
  if (awaiting == nullptr || exchange != ExchangeId{requests_}) return false;
  answer(std::move(response), std::move(*awaiting->asked), true, now);
  return true;
}

void Session::refuse_head(Refusal refusal, Bytes input, Instant now) {
  ++requests_;
  RequestSummary asked{.started = now, .texts = std::make_shared<LogFields>()};
  asked.texts->notes.host = HandlerLogFields::Host::unchecked;
  std::string_view text = as_text(input);
  // As many empty lines as the parser passes over, and no more: what it refused at once must look the same
  // when more came with it.
  for (int line = 0; line < kMaximumEmptyLines && text.starts_with("\r\n"); ++line) text.remove_prefix(2);
  if (shared_.host.wants_log_fields())
    asked.texts->request_line = text.substr(0, std::min(text.find_first_of("\r\n"), kLoggedLineBytes));
  // RFC 9110 §9.3.2: an answer to HEAD has no content, whatever else was wrong with the request.
  if (text.starts_with("HEAD ")) asked.method = Method::head;
  workspace().input.clear();
  refuse(refusal, std::move(asked), now);
}

void Session::refuse(Refusal refusal, RequestSummary asked, Instant now) {
  Response response = Response::error(refusal.status, std::string(refusal.reason));
  response.notes.host = asked.texts->notes.host;
  response.notes.violation = refusal.violation;
  response.close = true;
  asked.persists = true;  // whatever it asked for: its end is in doubt, so more may be on the way
  answer(std::move(response), std::move(asked), false, now);
}

void Session::answer(Response response, RequestSummary asked, bool content_is_read, Instant now) {
  const bool keeps = keeps_connection(asked.persists) && content_is_read && !response.close;
  render(response, asked.error_form);
  asked.texts->notes = std::move(response.notes);
  asked.texts->detail = std::move(response.detail);
  ExchangeSummary& summary = begin_answer(asked.started, keeps, now);
  summary.texts = std::move(asked.texts);
  summary.status = response.status;
  summary.content_length_bytes = never_has_content(response.status) ? 0 : size_bytes(response.content);

  Output& output = workspace_->output;
  append_front(output.text(), response, shared_.settings.added_fields);
  append_back(output.text(), keeps);
  begin_content();
  if (asked.method != Method::head && !never_has_content(response.status))
    output.add(std::move(response.content));
  // A client that said `close` sends no more, so there is nothing that a close could cut off.
  end_answer(keeps, !asked.persists && content_is_read);
}

void Session::answer_cached(const CachedResponse& answer, Instant now) {
  const bool keeps = keeps_connection(answer.persists);
  ExchangeSummary& summary = begin_answer(now, keeps, now);
  if (shared_.host.wants_log_fields()) summary.texts = answer.texts;
  summary.status = answer.status;
  summary.content_length_bytes = answer.content_length_bytes;

  Output& output = workspace_->output;
  output.text() += answer.front();
  append_back(output.text(), keeps);
  begin_content();
  output.text() += answer.content();
  if (answer.shared_content() != nullptr) output.add(answer.shared_content());
  end_answer(keeps, !answer.persists);
}

void Session::remember(Bytes head_bytes, const RequestSummary& asked, const Response& response) {
  const auto* content = std::get_if<std::string>(&response.content);
  const bool has_content = asked.method != Method::head && size_bytes(response.content) > 0;
  if (response.close || (has_content && content == nullptr)) return;
  const std::size_t content_bytes = has_content ? content->size() : 0;
  if (!shared_.memory.admits(head_bytes.size() + response.fields.size() + content_bytes +
                             sizeof(CachedResponse)))
    return;
  std::string front;
  append_front(front, response, shared_.settings.added_fields);
  CachedResponse answer(as_text(head_bytes), local_, front, has_content ? *content : std::string_view());
  answer.persists = asked.persists;
  answer.status = response.status;
  answer.content_length_bytes = size_bytes(response.content);
  answer.revalidator = response.revalidator;
  if (shared_.host.wants_log_fields()) {
    auto texts = std::make_shared<LogFields>(*asked.texts);
    texts->notes = response.notes;
    texts->detail = response.detail;
    answer.texts = std::move(texts);
  }
  shared_.memory.remember(std::move(answer));
}

void Session::render(Response& response, ErrorForm form) const {
  if (!is_error(response.status) || !std::holds_alternative<std::monostate>(response.content)) return;
  render_error(response, form, shared_.settings.server_name);
  // RFC 9110 §12.5.5: a cache must not give one client's form to another.
  response.add_field("Vary", "Accept");
}

void Session::append_back(std::string& out, bool keeps_connection) const {
  const std::string_view date_field = shared_.host.date_field();
  if (keeps_connection)
    shared_.back.append_keeping(out, date_field, shared_.settings.maximum_requests - requests_);
  else
    shared_.back.append_closing(out, date_field);
}

ExchangeSummary& Session::begin_answer(Instant started, bool keeps_connection, Instant now) {
  Workspace& work = workspace();
  if (!work.output_pace) work.output_pace.emplace(now);
  ExchangeSummary& summary = work.responses.emplace_back().summary;
  summary.keeps_connection = keeps_connection;
  summary.ordinal = requests_;
  summary.started = started;
  return summary;
}

void Session::begin_content() {
  Workspace::QueuedResponse& response = workspace_->responses.back();
  response.content_start = response.end = workspace_->queued_bytes();
}

void Session::end_answer(bool keeps_connection, bool client_is_done) {
  workspace_->responses.back().end = workspace_->queued_bytes();
  state_ = Sending{keeps_connection ? Sending::Then::next_request
                   : client_is_done ? Sending::Then::close
                                    : Sending::Then::linger};
}

bool Session::keeps_connection(bool asks_to_persist) const {
  return asks_to_persist && !shutting_down_ && has_requests_left() && !shared_.host.ends_connections();
}

bool Session::has_requests_left() const {
  return shared_.settings.maximum_requests == 0 || requests_ < shared_.settings.maximum_requests;
}

bool Session::may_pipeline() const {
  if (workspace_ == nullptr) return true;
  const Output& output = workspace_->output;
  return !output.holds_file() && workspace_->responses.size() < kPipelinedAnswers &&
         output.pending_bytes() < kPipelinedBytes;
}

// ---- output ----

Outgoing Session::next() {
  if (has_output()) return workspace_->output.front();
  const auto* sending = std::get_if<Sending>(&state_);
  return {.close_writing = sending != nullptr && sending->then == Sending::Then::linger};
}

void Session::sent(std::uint64_t count, Instant now) {
  workspace_->output.consume(count);
  workspace_->sent_bytes += count;
  if (workspace_->output_pace) workspace_->output_pace->progressed(count, now);
  report_sent(now);
  if (workspace_->output.empty()) output_drained(now);
}

void Session::report_sent(Instant now) {
  auto& responses = workspace_->responses;
  std::size_t finished = 0;
  while (finished < responses.size() && responses[finished].end <= workspace_->sent_bytes) {
    Workspace::QueuedResponse& each = responses[finished++];
    each.summary.content_bytes = each.end - each.content_start;
    shared_.host.exchange_ended(id_, each.summary, now);
  }
  responses.erase(responses.begin(), responses.begin() + static_cast<std::ptrdiff_t>(finished));
}

void Session::output_drained(Instant now) {
  workspace_->output_pace.reset();
  const auto* sending = std::get_if<Sending>(&state_);
  if (sending == nullptr) return;
  if (sending->then == Sending::Then::close) state_ = Done{};
  if (sending->then != Sending::Then::next_request) return;
  state_ = Idle{now};
  if (has_input()) {
    const std::string pipelined = std::exchange(workspace_->input, {});
    process(as_bytes(pipelined), now);
  }
  if (input_ended_) input_ended(now);
  // shut_down left it to what had arrived behind the answer, and that was no request.
  if (shutting_down_ && std::holds_alternative<Idle>(state_)) state_ = Sending{Sending::Then::linger};
}

void Session::output_waits(Instant now) {
  if (workspace_ != nullptr && workspace_->output_pace) workspace_->output_pace->pause(now);
}

void Session::output_goes_on(Instant now) {
  if (workspace_ != nullptr && workspace_->output_pace) workspace_->output_pace->go_on(now);
}

void Session::closed_writing(Instant now) {
  if (input_ended_) {
    state_ = Done{};
  } else {
    state_ = Lingering{now + shared_.settings.linger};
  }
}

// ---- endings ----

Instant Session::deadline() const {
  struct Of {
    const Session& session;
    Instant operator()(const Idle& idle) const { return idle.since + session.shared_.settings.keep_alive; }
    Instant operator()(const Head& head) const { return head.deadline; }
    Instant operator()(const std::unique_ptr<Receiving>& receiving) const {
      return receiving->pace.deadline(session.shared_.settings.pace);
    }
    Instant operator()(const Awaiting& awaiting) const { return awaiting.deadline; }
    Instant operator()(const Sending&) const { return kNever; }
    Instant operator()(const Lingering& lingering) const { return lingering.deadline; }
    Instant operator()(const Done&) const { return kNever; }
  };
  const Instant of_state = std::visit(Of{*this}, state_);
  if (workspace_ == nullptr || !workspace_->output_pace) return of_state;
  return std::min(of_state, workspace_->output_pace->deadline(shared_.settings.pace));
}

void Session::expire(Instant now) {
  if (deadline() > now) return;
  if (has_output() && workspace_->output_pace &&
      workspace_->output_pace->deadline(shared_.settings.pace) <= now) {
    if (workspace_->output_pace->is_paused()) return cut_short("it takes too long to be read", now);
    timed_out_ = true;
    return abort(now);
  }
  if (auto* awaiting = std::get_if<Awaiting>(&state_)) {
    Response late =
        Response::error(Status::service_unavailable, "Storing takes too long. It may or may not succeed.");
    late.add_field("Retry-After", "5");
    late.close = true;
    return answer(std::move(late), std::move(*awaiting->asked), true, now);
  }
  if (std::holds_alternative<Lingering>(state_)) {
    state_ = Done{};
    return;
  }
  timed_out_ = true;
  if (auto* receiving = std::get_if<std::unique_ptr<Receiving>>(&state_))
    return refuse({Status::request_timeout, "The content arrived too slowly."},
                  std::move((*receiving)->asked), now);
  if (std::holds_alternative<Head>(state_))
    return refuse_head({Status::request_timeout, "The request did not arrive in time."}, buffered_input(),
                       now);
  state_ = Done{};
}

void Session::shut_down() {
  shutting_down_ = true;
  if (std::holds_alternative<Idle>(state_)) state_ = Done{};
  auto* sending = std::get_if<Sending>(&state_);
  // Requests that have arrived behind this one are answered too.
  if (sending != nullptr && sending->then == Sending::Then::next_request && !has_input())
    sending->then = Sending::Then::linger;
}

void Session::abort(Instant now) {
  state_ = Done{};
  if (workspace_ == nullptr) return;
  for (Workspace::QueuedResponse& response : workspace_->responses) {
    const std::uint64_t sent = std::clamp(workspace_->sent_bytes, response.content_start, response.end);
    response.summary.content_bytes = sent - response.content_start;
    response.summary.keeps_connection = false;
    shared_.host.exchange_ended(id_, response.summary, now);
  }
  workspace_->clear();
}

void Session::cut_short(const std::string& reason, Instant now) {
  if (workspace_ != nullptr && !workspace_->responses.empty()) {
    ExchangeSummary& summary = workspace_->responses.front().summary;
    auto texts = summary.texts != nullptr ? std::make_shared<LogFields>(*summary.texts)
                                          : std::make_shared<LogFields>();
    texts->notes.cause = "Cannot send all of " + texts->notes.subject + ": " + reason;
    summary.texts = std::move(texts);
  }
  abort(now);
}

bool Session::is_idle() const { return std::holds_alternative<Idle>(state_) && !has_output(); }

Instant Session::idle_since() const {
  const auto* idle = std::get_if<Idle>(&state_);
  return idle != nullptr ? idle->since : kNever;
}

std::string_view Session::state_name() const {
  static constexpr std::string_view kNames[] = {"idle",    "head",      "receiving", "awaiting",
                                                "sending", "lingering", "done"};
  return kNames[state_.index()];
}

}  // namespace bobbin::http::http1
