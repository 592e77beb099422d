#include "http/http2/session.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace bobbin::http::http2 {
namespace {

// A client that trusts the announced time must not send its next request at the moment of our close.
constexpr Duration kKeepAliveMargin = seconds(1);

// How long a client may take to hear that the connection ends. After that it is told which stream was the
// last, whatever it has sent meanwhile.
constexpr Duration kNoticeTime = seconds(1);

constexpr std::uint32_t kNoError = 0;  // RFC 9113 §7
constexpr std::uint32_t kProtocolError = 1;

constexpr std::size_t kSpareOutputs = 4;

}  // namespace

Session::Session(Context& context, ConnectionId id, const Endpoint& client, const Endpoint& local,
                 Instant now, const ListenerRules& listener)
    : context_(context),
      client_(client),
      local_(local),
      listener_(listener),
      id_(id),
      now_(now),
      idle_since_(now),
      idle_until_(now + settings().head_timeout) {
  begin_framing();
}

Session::~Session() = default;

// ---- reading ----

bool Session::wants_input() const {
  if (input_ended_ || phase_ == Phase::done || phase_ == Phase::closing) return false;
  return phase_ == Phase::lingering || queued_frames() < kMaximumQueuedFrames;
}

// The first bytes of a connection tell whether it is secured, and this session begins behind them.
void Session::refuse_input(const Refusal&, Bytes, Instant now) {
  now_ = now;
  end_connection_for(kProtocolError);
}

void Session::received(Bytes input, Instant now) {
  now_ = now;
  if (input.empty()) return input_ended();
  if (!discards_input_ && phase_ < Phase::closing) feed_framing(input);
  settle();
}

/// The client can take no more windows, so nothing can be finished that does not fit what it has granted.
void Session::input_ended() {
  input_ended_ = true;
  if (phase_ == Phase::lingering || streams_.empty()) {
    phase_ = Phase::done;
    return;
  }
  abort(Outcome::client_left, now_);
}

void Session::head_begins(bool is_trailer) {
  head_.begin(is_trailer);
  continuations_ = 0;
  if (!head_deadline_) head_deadline_ = now_ + settings().head_timeout;
}

bool Session::add_field(std::string_view name, std::string_view value) {
  head_.add(name, value, settings().head);
  if (head_.size_bytes() > settings().head.head_bytes * kReadHeads) end_connection_after(Limit::head_size);
  return !discards_input_;
}

void Session::trailer_ends(std::int32_t id, bool ends_stream) {
  head_deadline_.reset();
  if (ends_stream) request_ends(id);
}

void Session::ping_arrived(bool acknowledges) {
  if (!acknowledges) return count(Limit::pings, kPings);
  if (phase_ == Phase::leaving) name_last_stream();
}

void Session::stream_reset() { count(Limit::resets, kResets); }

void Session::reset_sent(std::int32_t id, bool is_fault_of_client) {
  resets_.add(id);
  if (is_fault_of_client) stream_reset();
}

void Session::count(Limit limit, const Rate& rate) {
  if (!allowances_.at(static_cast<std::size_t>(limit)).take(rate, now_)) end_connection_after(limit);
}

// ---- streams ----

Stream& Session::add_stream(std::int32_t id) {
  Stream& stream = *streams_.emplace_back(context_.streams.take());
  stream.id = id;
  stream.place = streams_.size() - 1;
  set_stream(id, &stream);
  return stream;
}

void Session::remove_if_over(Stream& stream) {
  if (!stream.is_closed || stream.frames > 0) return;
  set_stream(stream.id, nullptr);
  report(stream);
  const std::size_t place = stream.place;
  context_.streams.give_back(std::move(streams_[place]));
  if (place + 1 < streams_.size()) {
    streams_[place] = std::move(streams_.back());
    streams_[place]->place = place;
  }
  streams_.pop_back();
  if (streams_.empty()) begin_idling();
  // Now, and not when the request came: some clients take GOAWAY for the end of everything under way.
  if (has_served_enough()) begin_to_leave();
}

bool Session::has_served_enough() const {
  const unsigned maximum = settings().maximum_http2_requests;
  return (maximum > 0 && requests_ >= maximum) || context_.common.services.ends_connections() ||
         context_.common.services.is_stopping();
}

void Session::report_progress(ExchangeSummary& summary) {
  const std::uint64_t progress = summary.content_bytes - summary.told_bytes;
  if (progress < Services::kToldBytes) return;
  summary.told_bytes = summary.content_bytes;
  context_.common.services.content_sent(id_, summary.client, progress, now_);
}

void Session::report(Stream& stream) {
  if (std::exchange(stream.is_reported, true)) return;
  stream.summary.keeps_connection = phase_ == Phase::open && !has_served_enough();
  context_.common.services.exchange_ended(id_, stream.summary, now_);
}

/// Ends and reports all exchanges, those included whose answers have not left whole.
void Session::end_all(Outcome reason) {
  for (const auto& stream : streams_) {
    if (stream->writing == Stream::Writing::finished && stream->summary.outcome == Outcome::completed)
      stream->summary.outcome = reason;
    end_unfinished(*stream, reason);
    set_stream(stream->id, nullptr);
    report(*stream);
    stream->frames = 0;
  }
  marks_.clear();
  first_mark_ = 0;
  for (auto& stream : streams_) context_.streams.give_back(std::move(stream));
  streams_.clear();
}

void Session::begin_idling() {
  idle_since_ = now_;
  const Duration keep_alive = settings().keep_alive;
  // As in HTTP/1: a time of less than a second needs no margin.
  idle_until_ = now_ + keep_alive + (keep_alive >= seconds(1) ? kKeepAliveMargin : Duration::zero());
}

bool Session::is_idle() const {
  return phase_ == Phase::open && streams_.empty() && !has_output() && !head_deadline_ && !discards_input_;
}

// ---- writing ----

void Session::take_output() {
  auto& spare = context_.outputs;
  if (spare.empty()) {
    output_ = std::make_unique<OutputBuffer>();
  } else {
    output_ = std::move(spare.back());
    spare.pop_back();
  }
}

Outgoing Session::next(Instant now) {
  now_ = now;
  if (phase_ == Phase::lingering || phase_ == Phase::done) return {};
  fill_output();
  take_note_of_sent();
  settle();
  if (has_output()) {
    piece_ = output_->bytes();
    return {.bytes = {&piece_, 1}, .more = framing_wants_to_write()};
  }
  return {.close_writing = phase_ == Phase::closing};
}

void Session::sent(std::uint64_t count, Instant now) {
  now_ = now;
  output_->consume(static_cast<std::size_t>(count));
  sent_bytes_ += count;
  take_note_of_sent();
  settle();
}

void Session::take_note_of_sent() {
  for (; first_mark_ < marks_.size() && marks_[first_mark_].end <= sent_bytes_; ++first_mark_) {
    Stream& stream = *marks_[first_mark_].stream;
    stream.summary.content_bytes += marks_[first_mark_].content_bytes;
    --stream.frames;
    report_progress(stream.summary);
    if (marks_[first_mark_].is_last) report(stream);
    remove_if_over(stream);
  }
  if (first_mark_ == marks_.size()) {
    marks_.clear();
    first_mark_ = 0;
  }
}

void Session::unacknowledged(std::uint64_t bytes, Instant now) {
  const std::uint64_t acknowledged = sent_bytes_ - std::min(bytes, sent_bytes_);
  if (acknowledged <= acknowledged_bytes_) return;
  const std::uint64_t progress = acknowledged - std::exchange(acknowledged_bytes_, acknowledged);
  if (sending_) sending_->progressed(progress, settings().pace, now);
}

void Session::closed_writing(Instant now) {
  phase_ = input_ended_ ? Phase::done : Phase::lingering;
  phase_until_ = now + settings().linger;
}

void Session::rest() {
  head_.shrink();
  if (output_ == nullptr || has_output()) return;
  if (context_.outputs.size() < kSpareOutputs) context_.outputs.push_back(std::move(output_));
  output_.reset();
}

// ---- ending ----

/// RFC 9113 §6.8. What the client has begun, or begins before it has heard of it, is still answered.
void Session::leave() {
  phase_ = Phase::leaving;
  phase_until_ = now_ + kNoticeTime;
  announce_end();
}

void Session::name_last_stream() {
  phase_ = Phase::last;
  phase_until_ = kNever;
  submit_last_stream();
}

/// Where nothing is under way, what may be on its way is not begun, and the client knows that it can try
/// again.
void Session::begin_to_leave() {
  if (phase_ != Phase::open) return;
  !streams_.empty() || head_deadline_ ? leave() : name_last_stream();
}

void Session::shut_down() {
  begin_to_leave();
  settle();
}

void Session::abort(Outcome reason, Instant now) {
  now_ = now;
  end_all(reason);
  phase_ = Phase::done;
}

void Session::cut_short(const std::string&, Instant now) { abort(Outcome::cut_short, now); }

/// The framing has ended. Answers that are in the output whole still leave.
void Session::end_what_is_unfinished() {
  // One that is removed gives its place to the last.
  for (std::size_t place = streams_.size(); place > 0; --place) {
    Stream& stream = *streams_[place - 1];
    end_unfinished(stream, Outcome::client_left);
    stream.is_closed = true;
    remove_if_over(stream);
  }
}

/// Goes on to where the events of a call have led.
void Session::settle() {
  if (phase_ >= Phase::closing) return settle_paces();
  const bool has_failed = discards_input_ || framing_has_ended();
  if (has_failed) end_what_is_unfinished();
  if ((has_failed || phase_ == Phase::last) && streams_.empty()) phase_ = Phase::closing;
  settle_paces();
}

/// The client is the slow one while it has something to take, and while content is awaited from it: not while
/// everything waits for us.
void Session::settle_paces() {
  if (!has_output() && answering_ == 0) {
    sending_.reset();
  } else {
    if (!sending_) {
      sending_.emplace(settings().pace, now_);
      looked_at_ = now_;
    }
    const bool waits_for_us = !has_output() && answering_ == waiting_sources_;
    waits_for_us ? sending_->pause(now_) : sending_->go_on(now_);
  }
  if (receivers_ == 0) {
    receiving_.reset();
  } else {
    if (!receiving_) receiving_.emplace(settings().pace, now_);
    receivers_ == waiting_receivers_ ? receiving_->pause(now_) : receiving_->go_on(now_);
  }
}

// ---- time ----

Instant Session::deadline_of(const Stream& stream) const {
  const Duration stall = settings().pace.stall;
  if (stream.pending) return stream.reply_deadline;
  if (stream.receiver != nullptr) return stream.last_received + stall;  // of a receiver that waits, too
  return stream.writing == Stream::Writing::content ? stream.last_sent + stall : stream.discards_until;
}

Instant Session::next_look() const { return looked_at_ + settings().pace.stall / 8; }

Instant Session::deadline_of_client() const {
  Instant first = head_deadline_.value_or(kNever);
  const PaceSettings& pace = settings().pace;
  if (sending_ && !sending_->is_paused()) first = std::min({first, sending_->deadline(pace), next_look()});
  if (receiving_ && !receiving_->is_paused()) first = std::min(first, receiving_->deadline(pace));
  if (is_idle()) first = std::min(first, idle_until_);
  return first;
}

Instant Session::deadline() const {
  if (phase_ == Phase::done) return kNever;
  if (phase_ == Phase::lingering) return phase_until_;
  Instant first = std::min(phase_until_, deadline_of_client());
  for (const auto& stream : streams_) first = std::min(first, deadline_of(*stream));
  return first;
}

void Session::expire(Instant now) {
  now_ = now;
  if (deadline() > now) return;
  if (phase_ == Phase::lingering) {
    phase_ = Phase::done;
    return;
  }
  if (phase_ == Phase::leaving && phase_until_ <= now) name_last_stream();
  expire_sending();
  if (phase_ == Phase::done) return;
  expire_reading();
  // What expires may end the stream, and another one then has its place.
  for (std::size_t place = streams_.size(); place > 0; --place)
    if (deadline_of(*streams_[place - 1]) <= now) expire_stream(*streams_[place - 1]);
  settle();
}

void Session::expire_sending() {
  if (!sending_ || sending_->is_paused()) return;
  if (next_look() <= now_) looked_at_ = now_;
  if (sending_->deadline(settings().pace) > now_) return;
  timed_out_ = true;
  abort(Outcome::timed_out, now_);
}

void Session::expire_reading() {
  if (head_deadline_ && *head_deadline_ <= now_) {
    timed_out_ = true;
    head_deadline_.reset();
    return end_connection_for(kNoError);
  }
  if (is_idle() && idle_until_ <= now_) {
    timed_out_ = true;
    return name_last_stream();
  }
  if (!receiving_ || receiving_->is_paused() || receiving_->deadline(settings().pace) > now_) return;
  for (const auto& stream : streams_)
    if (stream->receiver != nullptr && !stream->receiver_waits) refuse_slow(*stream);
}

void Session::refuse_slow(Stream& stream) {
  stream.receiver->cancelled();
  refuse(stream, {Status::request_timeout, "The content arrived too slowly."});
}

/// RFC 9113 §8.1: the client need not send the rest of its content.
void Session::stop_discarding(Stream& stream) {
  stream.discards_until = kNever;
  reset_stream(stream, Reset::not_needed);
}

void Session::expire_stream(Stream& stream) {
  if (stream.pending) {
    if (stream.pending->cancelled) stream.pending->cancelled();
    Response late = std::move(stream.pending->late);
    stop_awaiting(stream);
    return answer(stream, std::move(late));
  }
  if (stream.receiver != nullptr) return refuse_slow(stream);
  if (stream.writing == Stream::Writing::finished) return stop_discarding(stream);
  if (stream.source_waits) {
    stream.summary.log_fields.handler.cause = "Cannot send all of the content: it takes too long to be read";
    return give_up(stream, Outcome::cut_short);
  }
  // The client keeps its window closed. Where it is open, other streams had to leave first.
  if (window_is_open(stream))
    stream.last_sent = now_;
  else
    give_up(stream, Outcome::timed_out);
}

std::string_view Session::state_name() const {
  switch (phase_) {
    case Phase::done: return "done";
    case Phase::lingering: return "lingering";
    case Phase::closing: return "closing";
    case Phase::last:
    case Phase::leaving: return "leaving";
    case Phase::open: break;
  }
  return is_idle() ? "idle" : "exchanging";
}

}  // namespace bobbin::http::http2
