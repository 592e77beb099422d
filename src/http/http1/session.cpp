#include "http/http1/session.h"

#include <algorithm>
#include <utility>

namespace bobbin::http::http1 {
namespace {

// A client that trusts the announced time must not send its next request at the moment of our close.
constexpr Duration kKeepAliveMargin = seconds(1);

// The first byte of a client that wants to secure the connection (RFC 8446 §5.1), and of no request.
constexpr char kTlsHandshake = '\x16';
constexpr Refusal kTlsInClear{Status::bad_request, "This port speaks plain HTTP: use an http address.",
                              "TLS on a port for plain HTTP"};

/// Whether the input is nothing but empty lines in front of a request (RFC 9112 §2.2), no more of them than
/// the parser skips. They leave the connection idle.
bool is_empty_lines(std::string_view input) {
  if (input.front() != '\r' || input.size() > 2 * kMaximumEmptyLines) return false;
  for (std::size_t i = 0; i < input.size(); ++i)
    if (input[i] != "\r\n"[i % 2]) return false;
  return true;
}

}  // namespace

Session::Session(Context& context, ConnectionId id, const Endpoint& client, const Endpoint& local,
                 Instant now, const ListenerRules& listener)
    : context_(context),
      reader_(now, now + context.settings.head_timeout),
      client_(client),
      local_(local),
      listener_(&listener),
      id_(id) {}

Workspace& Session::workspace() {
  if (workspace_ == nullptr) workspace_ = context_.workspaces.take();
  return *workspace_;
}

void Session::rest() {
  if (workspace_ == nullptr) return;
  if (workspace_->empty()) return context_.workspaces.give_back(std::move(workspace_));
  workspace_->input.trim();
  workspace_->responses.shrink();
}

// ---- reading ----

bool Session::wants_input() const {
  if (input_ended_ || finished() || phase_ == Phase::closing) return false;
  if (phase_ == Phase::lingering) return true;
  // While answers have not left yet, the next request waits in the socket.
  return reader_.wants_input() && !(reader_.is_idle() && has_output());
}

void Session::begin_round() { ++context_.round; }

void Session::received(Bytes input, Instant now) {
  if (input.empty()) {
    input_ended_ = true;
    return input_ended(now);
  }
  if (phase_ == Phase::lingering) return;  // read only so that the close does not become a reset
  if (has_input()) {
    workspace_->input.append(input);
    return process_buffered(now);
  }
  if (const Bytes rest = process(input, now); !rest.empty()) workspace().input.append(rest);
}

void Session::refuse_input(const Refusal& refusal, Bytes input, Instant now) {
  if (phase_ != Phase::open) return;
  listener_ = &kPlainListener;  // what the listener promises does not hold for such a connection
  refuse_head(refusal, input, now);
}

void Session::process_buffered(Instant now) {
  // The buffer is taken out of the workspace meanwhile, so that nothing can change the bytes that are read.
  InputBuffer input = std::exchange(workspace_->input, {});
  input.keep_last(process(input.bytes(), now).size());
  workspace_->input = std::move(input);
}

Bytes Session::process(Bytes input, Instant now) {
  while (advance(input, now)) {
  }
  if (phase_ == Phase::open || phase_ == Phase::left_to_http2) return input;
  // What follows the last request is not answered, but a close with unread bytes would reset the connection.
  if (!input.empty()) lingers_ = true;
  return {};
}

bool Session::advance(Bytes& input, Instant now) {
  if (phase_ != Phase::open) return false;
  if (reader_.reads_content()) return !reader_.is_paused() && read_content(input, now);
  if (input.empty()) return false;
  if (reader_.reads_head()) return read_head(input, now);
  if (!reader_.is_idle() || !may_pipeline() || is_empty_lines(as_text(input))) return false;
  reader_.begin_head(requests_ == 0 ? reader_.deadline(context_.settings.pace)
                                    : now + context_.settings.head_timeout);
  return true;
}

bool Session::read_head(Bytes& input, Instant now) {
  HeadResult result = reader_.read_head(input, context_.settings.head);
  if (std::holds_alternative<NeedMore>(result)) return false;
  if (const auto* refusal = std::get_if<Refusal>(&result)) {
    if (is_preface_of_http2(as_text(input)))
      phase_ = Phase::left_to_http2;
    else
      refuse_head(as_text(input).front() == kTlsHandshake ? kTlsInClear : *refusal, input, now);
    return false;
  }
  ++requests_;
  auto& parsed = std::get<ParsedHead>(result);
  const Bytes rest = input.subspan(parsed.size_bytes);
  begin(parsed.head, rest, now);
  input = rest;
  return true;
}

/// The parser has refused the version of its first line, which was chosen so that every HTTP/1 server does
/// (RFC 9113 §3.4). So other requests are not looked at for it.
bool Session::is_preface_of_http2(std::string_view input) const {
  return context_.settings.http2 && requests_ == 0 && input.starts_with("PRI * HTTP/2.0\r\n");
}

bool Session::read_content(Bytes& input, Instant now) {
  while (!reader_.content_is_finished()) {
    if (input.empty()) return false;
    const ContentDecoder::Result result = reader_.read_content(input, context_.settings.pace, now);
    if (const auto* refusal = std::get_if<Refusal>(&result)) {
      refuse_current(*refusal, now);
      return false;
    }
    const auto& step = std::get<ContentDecoder::Step>(result);
    input = input.subspan(step.consumed_bytes);
    if (step.content.empty()) continue;
    if (heed(current_->receiver->content(step.content), !input.empty(), now)) return true;
    if (reader_.is_paused()) return false;
  }
  complete(!input.empty(), now);
  return true;
}

bool Session::heed(Intake intake, bool more_has_arrived, Instant now) {
  if (std::holds_alternative<Wait>(intake)) reader_.pause(now);
  auto* refused = std::get_if<Response>(&intake);
  if (refused == nullptr) return false;
  const auto finished = std::move(current_);
  answer(std::move(*refused), std::move(finished->request),
         {.content_is_read = reader_.content_is_finished(), .more_has_arrived = more_has_arrived}, now);
  return true;
}

void Session::input_ended(Instant now) {
  if (phase_ == Phase::lingering) phase_ = Phase::done;
  if (phase_ != Phase::open) return;
  if (reader_.is_paused()) return;  // resume() goes on with what has arrived, and then calls this again
  if (reader_.reads_content())
    return refuse_current({Status::bad_request, "The connection ended before the content did."}, now);
  if (reader_.reads_head())
    return refuse_head({Status::bad_request, "The connection ended before the request did."},
                       buffered_input(), now);
  if (is_idle()) phase_ = Phase::done;
}

// ---- writing ----

Outgoing Session::next(Instant now) {
  while (has_output()) {
    const Outgoing out = workspace_->responses.front(now);
    if (const auto& failure = workspace_->responses.failure()) {
      cut_short(std::string(*failure), now);
      return {};
    }
    if (!out.empty() || workspace_->responses.waits()) return out;
    report_completed(now);  // the source has ended without a further byte
  }
  return {.close_writing = phase_ == Phase::closing && lingers_};
}

void Session::sent(std::uint64_t count, Instant now) {
  workspace_->responses.sent(count);
  report_completed(now);
  if (has_output()) report_progress(now);
}

void Session::report_progress(Instant now) {
  ResponseQueue& responses = workspace_->responses;
  if (responses.responses() == 0) return;  // what leaves is an interim response
  if (const std::uint64_t bytes = responses.take_progress(Services::kToldBytes); bytes > 0)
    context_.services.content_sent(id_, responses.leaving().client, bytes, now);
}

void Session::unacknowledged(std::uint64_t bytes, Instant now) {
  if (workspace_ != nullptr) workspace_->responses.unacknowledged(bytes, context_.settings.pace, now);
}

void Session::report_completed(Instant now) {
  while (const ExchangeSummary* summary = workspace_->responses.pop_completed())
    context_.services.exchange_ended(id_, *summary, now);
  if (workspace_->responses.empty()) output_drained(now);
}

void Session::output_drained(Instant now) {
  if (phase_ == Phase::closing && !lingers_) phase_ = Phase::done;
  if (phase_ != Phase::open || !reader_.is_idle()) return;
  wait_for_request(now);
  if (has_input()) process_buffered(now);
  if (input_ended_) input_ended(now);
  // shut_down() expected another request, since bytes had arrived behind the last one; they were no request.
  if (shutting_down_ && phase_ == Phase::open && reader_.is_idle() && !has_output()) {
    reader_.stop();
    phase_ = Phase::closing;
    lingers_ = true;
  }
}

void Session::wait_for_request(Instant now) {
  const Duration keep_alive = context_.settings.keep_alive;
  // A time of less than a second is not announced, so there it needs no margin.
  const Duration margin = keep_alive >= seconds(1) ? kKeepAliveMargin : Duration::zero();
  reader_.wait_for_request(now, now + keep_alive + margin);
}

void Session::closed_writing(Instant now) {
  phase_ = input_ended_ ? Phase::done : Phase::lingering;
  reader_.stop(now + context_.settings.linger);
}

// ---- ending ----

bool Session::is_idle() const { return phase_ == Phase::open && reader_.is_idle() && !has_output(); }

Instant Session::deadline() const {
  if (finished()) return kNever;
  const PaceSettings& pace = context_.settings.pace;
  const Instant of_output =
      has_output() ? std::min(workspace_->responses.deadline(pace), workspace_->responses.next_look(pace))
                   : kNever;
  if (waits_for_handler()) return std::min(of_output, current_->reply_deadline);
  // While the client still takes an answer it need not send the next request.
  const bool waits_for_request = reader_.is_idle() && !has_output();
  return reader_.is_idle() && !waits_for_request ? of_output : std::min(of_output, reader_.deadline(pace));
}

void Session::expire(Instant now) {
  if (deadline() > now) return;
  if (phase_ == Phase::lingering) {
    phase_ = Phase::done;
    return;
  }
  if (has_output() && workspace_->responses.deadline(context_.settings.pace) <= now) {
    if (workspace_->responses.waits()) return cut_short("it takes too long to be read", now);
    timed_out_ = true;
    return abort(Outcome::timed_out, now);
  }
  if (has_output()) {
    workspace_->responses.looked(now);
    if (deadline() > now) return;  // it was only time to look what has been acknowledged
  }
  if (waits_for_handler()) {
    const auto finished = std::move(current_);
    if (finished->pending->cancelled) finished->pending->cancelled();
    return answer(std::move(finished->pending->late), std::move(finished->request),
                  {.content_is_read = finished->content_is_read, .more_has_arrived = has_input()}, now);
  }
  timed_out_ = true;
  if (reader_.reads_content())
    return refuse_current({Status::request_timeout, "The content arrived too slowly."}, now);
  if (reader_.reads_head())
    return refuse_head({Status::request_timeout, "The request did not arrive in time."}, buffered_input(),
                       now);
  phase_ = Phase::done;
}

void Session::shut_down() {
  shutting_down_ = true;
  if (phase_ != Phase::open || !reader_.is_idle()) return;
  if (!has_output()) {
    phase_ = Phase::done;
  } else if (!has_input()) {  // otherwise the requests that have arrived are answered too
    reader_.stop();
    phase_ = Phase::closing;
    lingers_ = true;
  }
}

void Session::abort(Outcome reason, Instant now) {
  cancel_exchange();
  report_unfinished(reason, now);
  phase_ = Phase::done;
}

/// Reports every answer that has not left whole, and the exchange that has no answer yet.
void Session::report_unfinished(Outcome reason, Instant now) {
  if (workspace_ != nullptr) {
    ResponseQueue& responses = workspace_->responses;
    must_reset_ = responses.ends_with_connection();
    while (ExchangeSummary* summary = responses.pop_unfinished()) {
      summary->outcome = reason;
      summary->keeps_connection = false;
      context_.services.exchange_ended(id_, *summary, now);
    }
    responses.clear();
    workspace_->input.clear();
  }
  if (const auto unanswered = std::move(current_)) {
    context_.services.exchange_ended(id_,
                                     {.log_fields = std::move(unanswered->request.log_fields),
                                      .status = Status::service_unavailable,
                                      .method = unanswered->request.summary.method,
                                      .outcome = reason,
                                      .ordinal = requests_,
                                      .started = unanswered->request.started,
                                      .client = unanswered->request.client},
                                     now);
  }
}

void Session::cut_short(const std::string& cause, Instant now) {
  if (has_output() && workspace_->responses.responses() > 0) {
    HandlerLogFields& fields = workspace_->responses.leaving().log_fields.handler;
    fields.cause =
        "Cannot send all of " + (fields.subject.empty() ? "the content" : fields.subject) + ": " + cause;
  }
  abort(Outcome::cut_short, now);
}

std::string_view Session::state_name() const {
  switch (phase_) {
    case Phase::done:
    case Phase::left_to_http2: return "done";
    case Phase::lingering: return "lingering";
    case Phase::closing: return "sending";
    case Phase::open: break;
  }
  if (current_ != nullptr) return current_->receiver != nullptr ? "receiving" : "awaiting";
  if (reader_.reads_head()) return "head";
  return has_output() ? "sending" : "idle";
}

}  // namespace bobbin::http::http1
