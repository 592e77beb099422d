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

/// A client that waits for 100 Continue has not sent its content: an error tells it not to (RFC 9110
/// §10.1.1).
bool is_worth_discarding(const RequestHead& head) {
  return head.framing.kind == ContentFraming::Kind::length && head.framing.length_bytes <= kDiscardedBytes &&
         !head.expects_continue;
}

}  // namespace

Session::Session(const Surroundings& surroundings, ConnectionId id, const Endpoint& local, Instant now)
    : settings_(surroundings.settings),
      handler_(surroundings.handler),
      host_(surroundings.host),
      replies_(surroundings.replies),
      memory_(surroundings.memory),
      id_(id),
      local_(local),
      state_(Idle{now}) {}

// ---- input ----

bool Session::wants_input() const {
  return !input_ended_ &&
         (std::holds_alternative<Idle>(state_) || std::holds_alternative<Head>(state_) ||
          std::holds_alternative<Receiving>(state_) || std::holds_alternative<Lingering>(state_));
}

void Session::received(Bytes input, Instant now) {
  if (input.empty()) {
    input_ended_ = true;
    return input_ended(now);
  }
  if (std::holds_alternative<Lingering>(state_))
    return;  // read only so that the close does not become a reset
  if (buffer_.empty()) return process(input, now);
  std::string gathered = std::exchange(buffer_, {});
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
  buffer_.assign(as_text(input));
}

bool Session::advance(Bytes& input, Instant now) {
  if (auto* receiving = std::get_if<Receiving>(&state_))
    return read_content(std::move(*receiving), input, now);
  if (input.empty()) return false;
  if (auto* head = std::get_if<Head>(&state_)) return read_head(*head, input, now);
  const auto* sending = std::get_if<Sending>(&state_);
  const bool pipelines = sending != nullptr && sending->then == Sending::Then::next_request && may_pipeline();
  if (!pipelines && !std::holds_alternative<Idle>(state_)) return false;
  // Absolute, from the first byte: extending it per byte would let one byte every few seconds hold a place
  // for ever.
  state_ = Head{.deadline = now + settings_.head_timeout};
  return true;
}

bool Session::read_head(Head& head, Bytes& input, Instant now) {
  if (const auto* remembered = memory_.recall(as_text(input), local_)) {
    ++requests_;
    input = input.subspan(remembered->request.size());
    answer_again(*remembered, now);
    return true;
  }
  const HeadResult result = parse_head(as_text(input), head.seen, settings_.head);
  if (std::holds_alternative<NeedMore>(result)) {
    head.seen = input.size();
    return false;
  }
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

bool Session::read_content(Receiving receiving, Bytes& input, Instant now) {
  while (!receiving.decoder.finished()) {
    if (input.empty()) {
      state_ = std::move(receiving);
      return false;
    }
    const ContentDecoder::Result result = receiving.decoder.decode(input);
    if (const auto* refusal = std::get_if<Refusal>(&result)) {
      refuse(*refusal, std::move(receiving.asked), now);
      return false;
    }
    const auto& step = std::get<ContentDecoder::Step>(result);
    input = input.subspan(step.consumed_bytes);
    receiving.pace.progressed(step.consumed_bytes, now);
    if (step.content.empty()) continue;
    if (auto refused = receiving.exchange->content(step.content)) {
      answer(std::move(*refused), std::move(receiving.asked), receiving.decoder.finished(), now);
      return true;
    }
  }
  complete(std::move(receiving), now);
  return true;
}

void Session::input_ended(Instant now) {
  if (auto* receiving = std::get_if<Receiving>(&state_))
    return refuse({Status::bad_request, "The connection ended before the content did."},
                  std::move(receiving->asked), now);
  if (std::holds_alternative<Head>(state_))
    return refuse_head({Status::bad_request, "The connection ended before the request did."},
                       as_bytes(buffer_), now);
  if (std::holds_alternative<Idle>(state_) || std::holds_alternative<Lingering>(state_)) state_ = Done{};
}

// ---- one exchange ----

Session::Asked Session::asked_of(const RequestHead& head, Instant now) const {
  Asked asked{.method = head.method,
              .persists = head.asks_to_persist,
              .summary = {.ordinal = requests_, .started = now}};
  if (host_.wants_texts()) {
    auto& texts = asked.summary.texts;
    texts.request_line = head.line;
    texts.host = head.authority;
    texts.referer = head.fields.first(FieldName::referer).value_or("");
    texts.user_agent = head.fields.first(FieldName::user_agent).value_or("");
  }
  return asked;
}

void Session::begin(const RequestHead& head, Bytes head_bytes, bool content_has_arrived, Instant now) {
  Asked asked = asked_of(head, now);
  const bool has_content = announces_content(head.framing);
  Begin decision = handler_.begin(Request{.head = head, .local = local_});
  auto* response = std::get_if<Response>(&decision);
  if (response == nullptr || is_error(response->status)) asked.error_form = handler_.error_form(head);
  if (response != nullptr && response->repeatable != nullptr && !has_content) {
    render(*response, asked.error_form);
    remember(head_bytes, asked, *response);
  }

  if (response != nullptr && (response->close || !has_content || !is_worth_discarding(head)))
    return answer(std::move(*response), std::move(asked), !has_content, now);

  const bool discards = response != nullptr;
  auto exchange = discards ? std::make_unique<Discarding>(std::move(*response))
                           : std::move(std::get<std::unique_ptr<Exchange>>(decision));
  if (!discards && head.expects_continue && has_content && !content_has_arrived)
    output_.tail() += "HTTP/1.1 100 Continue\r\n\r\n";
  const std::uint64_t limit = discards ? kDiscardedBytes : settings_.maximum_content_bytes;
  state_ = Receiving{.exchange = std::move(exchange),
                     .decoder = ContentDecoder(head.framing, limit),
                     .pace = Pace(now),
                     .asked = std::move(asked)};
}

void Session::complete(Receiving receiving, Instant now) {
  const ExchangeId exchange{requests_};
  Reply reply = receiving.exchange->complete(ReplyLater(replies_, id_, exchange));
  if (auto* response = std::get_if<Response>(&reply))
    return answer(std::move(*response), std::move(receiving.asked), true, now);
  state_ = Awaiting{
      .exchange = exchange, .deadline = now + settings_.reply_timeout, .asked = std::move(receiving.asked)};
}

bool Session::resolve(ExchangeId exchange, Response response, Instant now) {
  auto* awaiting = std::get_if<Awaiting>(&state_);
  if (awaiting == nullptr || awaiting->exchange != exchange) return false;
  answer(std::move(response), std::move(awaiting->asked), true, now);
  return true;
}

void Session::refuse_head(Refusal refusal, Bytes input, Instant now) {
  Asked asked{
      .summary = {.ordinal = ++requests_, .started = now, .notes = {.host = LogNotes::Host::unchecked}}};
  std::string_view text = as_text(input);
  // As many empty lines as the parser passes over, and no more: what it refused at once must look the same
  // when more came with it.
  for (int line = 0; line < kMaximumEmptyLines && text.starts_with("\r\n"); ++line) text.remove_prefix(2);
  if (host_.wants_texts())
    asked.summary.texts.request_line = text.substr(0, std::min(text.find_first_of("\r\n"), kLoggedLineBytes));
  // RFC 9110 §9.3.2: an answer to HEAD has no content, whatever else was wrong with the request.
  if (text.starts_with("HEAD ")) asked.method = Method::head;
  buffer_ = std::string();  // `= {}` would keep the memory
  refuse(refusal, std::move(asked), now);
}

void Session::refuse(Refusal refusal, Asked asked, Instant now) {
  Response response = Response::error(refusal.status, std::string(refusal.reason));
  response.notes.host = asked.summary.notes.host;
  response.notes.violation = refusal.violation;
  response.close = true;
  asked.persists = true;  // whatever it asked for: its end is in doubt, so more may be on the way
  answer(std::move(response), std::move(asked), false, now);
}

void Session::answer(Response response, Asked asked, bool content_is_read, Instant now) {
  const bool keeps = keeps_connection(asked.persists) && content_is_read && !response.close;
  render(response, asked.error_form);
  ExchangeSummary& summary = asked.summary;
  summary.status = response.status;
  summary.content_length_bytes = never_has_content(response.status) ? 0 : size_bytes(response.content);
  summary.notes = std::move(response.notes);

  std::string& out = output_.tail();
  append_front(out, response);
  append_back(out, frame(keeps));
  const std::uint64_t content_start = output_.queued_bytes();
  if (asked.method != Method::head && !never_has_content(response.status))
    output_.add(std::move(response.content));
  stage(std::move(summary), content_start, keeps, now);
  // A client that said `close` sends no more, so there is nothing that a close could cut off.
  sending_then(keeps, !asked.persists && content_is_read);
}

void Session::answer_again(const AnswerMemory::Remembered& answer, Instant now) {
  const bool keeps = keeps_connection(answer.persists);
  ExchangeSummary summary{.status = answer.status,
                          .content_length_bytes = answer.content_length_bytes,
                          .ordinal = requests_,
                          .started = now};
  if (host_.wants_texts()) {
    summary.texts = answer.texts;
    summary.notes = answer.notes;
  }
  std::string& out = output_.tail();
  out += answer.front;
  append_back(out, frame(keeps));
  const std::uint64_t content_start = output_.queued_bytes();
  out += answer.content;
  stage(std::move(summary), content_start, keeps, now);
  sending_then(keeps, !answer.persists);
}

void Session::remember(Bytes head_bytes, const Asked& asked, const Response& response) {
  const auto* content = std::get_if<std::string>(&response.content);
  const bool has_content = asked.method != Method::head && size_bytes(response.content) > 0;
  if (response.close || (has_content && content == nullptr)) return;
  AnswerMemory::Remembered answer{.request = std::string(as_text(head_bytes)),
                                  .local = local_,
                                  .method = asked.method,
                                  .persists = asked.persists,
                                  .status = response.status,
                                  .content_length_bytes = size_bytes(response.content),
                                  .notes = response.notes,
                                  .texts = asked.summary.texts,
                                  .repeatable = response.repeatable};
  append_front(answer.front, response);
  if (has_content) answer.content = *content;
  memory_.remember(std::move(answer));
}

void Session::render(Response& response, ErrorForm form) const {
  if (!is_error(response.status) || !std::holds_alternative<std::monostate>(response.content)) return;
  render_error(response, form, settings_.server_name);
  // RFC 9110 §12.5.5: a cache must not give one client's form to another.
  response.add_field("Vary", "Accept");
}

ResponseFrame Session::frame(bool keeps_connection) const {
  const bool has_limit = settings_.maximum_requests > 0;
  return {.date_field = host_.date_field(),
          .server_name = settings_.server_name,
          .keeps_connection = keeps_connection,
          .keep_alive_timeout = std::chrono::duration_cast<seconds>(settings_.keep_alive),
          .requests_left = keeps_connection && has_limit ? settings_.maximum_requests - requests_ : 0,
          .has_request_limit = has_limit};
}

void Session::stage(ExchangeSummary summary, std::uint64_t content_start, bool keeps_connection,
                    Instant now) {
  summary.keeps_connection = keeps_connection;
  staged_.push_back(
      {.content_start = content_start, .end = output_.queued_bytes(), .summary = std::move(summary)});
  if (!output_pace_) output_pace_.emplace(now);
}

void Session::sending_then(bool keeps_connection, bool client_is_done) {
  state_ = Sending{keeps_connection ? Sending::Then::next_request
                   : client_is_done ? Sending::Then::close
                                    : Sending::Then::linger};
}

bool Session::keeps_connection(bool asks_to_persist) const {
  return asks_to_persist && !shutting_down_ && has_requests_left() && !host_.is_crowded();
}

bool Session::has_requests_left() const {
  return settings_.maximum_requests == 0 || requests_ < settings_.maximum_requests;
}

bool Session::may_pipeline() const {
  return !output_.holds_file() && staged_.size() < kPipelinedAnswers &&
         output_.pending_bytes() < kPipelinedBytes;
}

// ---- output ----

Outgoing Session::next(std::span<Bytes> scratch) {
  if (!output_.empty()) return output_.front(scratch);
  const auto* sending = std::get_if<Sending>(&state_);
  return {.close_writing = sending != nullptr && sending->then == Sending::Then::linger};
}

void Session::sent(std::uint64_t count, Instant now) {
  output_.consume(count);
  if (output_pace_) output_pace_->progressed(count, now);
  report_sent(now);
  if (output_.empty()) output_drained(now);
}

void Session::report_sent(Instant now) {
  std::size_t finished = 0;
  while (finished < staged_.size() && staged_[finished].end <= output_.sent_bytes()) {
    Staged& staged = staged_[finished++];
    staged.summary.content_bytes = staged.end - staged.content_start;
    host_.exchange_ended(id_, staged.summary, now);
  }
  staged_.erase(staged_.begin(), staged_.begin() + static_cast<std::ptrdiff_t>(finished));
}

void Session::output_drained(Instant now) {
  output_pace_.reset();
  staged_ = std::vector<Staged>();  // empty, but its memory would stay with an idle connection
  const auto* sending = std::get_if<Sending>(&state_);
  if (sending == nullptr) return;
  if (sending->then == Sending::Then::close) state_ = Done{};
  if (sending->then != Sending::Then::next_request) return;
  state_ = Idle{now};
  if (!buffer_.empty()) {
    const std::string pipelined = std::exchange(buffer_, {});
    process(as_bytes(pipelined), now);
  }
  if (input_ended_) input_ended(now);
}

void Session::closed_writing(Instant now) {
  if (input_ended_) {
    state_ = Done{};
  } else {
    state_ = Lingering{now + settings_.linger};
  }
}

// ---- endings ----

Instant Session::deadline() const {
  struct Of {
    const Session& session;
    Instant operator()(const Idle& idle) const { return idle.since + session.settings_.keep_alive; }
    Instant operator()(const Head& head) const { return head.deadline; }
    Instant operator()(const Receiving& receiving) const {
      return receiving.pace.deadline(session.settings_.pace);
    }
    Instant operator()(const Awaiting& awaiting) const { return awaiting.deadline; }
    Instant operator()(const Sending&) const { return kNever; }
    Instant operator()(const Lingering& lingering) const { return lingering.deadline; }
    Instant operator()(const Done&) const { return kNever; }
  };
  const Instant of_state = std::visit(Of{*this}, state_);
  return output_pace_ ? std::min(of_state, output_pace_->deadline(settings_.pace)) : of_state;
}

void Session::expire(Instant now) {
  if (deadline() > now) return;
  if (output_pace_ && output_pace_->deadline(settings_.pace) <= now) {
    timed_out_ = true;
    return abort(now);
  }
  if (auto* awaiting = std::get_if<Awaiting>(&state_)) {
    Response late =
        Response::error(Status::service_unavailable, "Storing takes too long. It may or may not succeed.");
    late.add_field("Retry-After", "5");
    late.close = true;
    return answer(std::move(late), std::move(awaiting->asked), true, now);
  }
  if (std::holds_alternative<Lingering>(state_)) {
    state_ = Done{};
    return;
  }
  timed_out_ = true;
  if (auto* receiving = std::get_if<Receiving>(&state_))
    return refuse({Status::request_timeout, "The content arrived too slowly."}, std::move(receiving->asked),
                  now);
  if (std::holds_alternative<Head>(state_))
    return refuse_head({Status::request_timeout, "The request did not arrive in time."}, as_bytes(buffer_),
                       now);
  state_ = Done{};
}

void Session::shut_down() {
  shutting_down_ = true;
  if (std::holds_alternative<Idle>(state_)) state_ = Done{};
  auto* sending = std::get_if<Sending>(&state_);
  if (sending != nullptr && sending->then == Sending::Then::next_request)
    sending->then = Sending::Then::linger;
}

void Session::abort(Instant now) {
  for (Staged& staged : staged_) {
    const std::uint64_t sent = std::clamp(output_.sent_bytes(), staged.content_start, staged.end);
    staged.summary.content_bytes = sent - staged.content_start;
    staged.summary.keeps_connection = false;
    host_.exchange_ended(id_, staged.summary, now);
  }
  staged_.clear();
  output_.clear();
  output_pace_.reset();
  state_ = Done{};
}

bool Session::is_idle() const { return std::holds_alternative<Idle>(state_) && output_.empty(); }

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
