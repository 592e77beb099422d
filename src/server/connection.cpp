#include "server/connection.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "os/file.h"
#include "server/refusals.h"

namespace bobbin::server {
namespace {

// One client that is always ready must not keep the others waiting: a piece of a file, or a buffer full of
// content, counts as several turns.
constexpr int kTurns = 16;
constexpr int kTurnsOfMuch = 4;

/// sendfile(2) has two ends. These are errors of the socket; any other is the file's, or says that this file
/// cannot be sent in this way.
bool is_about_socket(const Error& error) {
  switch (error.code) {
    case EPIPE:
    case ECONNRESET:
    case ECONNABORTED:
    case ENOTCONN:
    case ESHUTDOWN:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EBADF: return true;
    default: return false;
  }
}

}  // namespace

Connection::Progress Connection::drive(std::span<std::byte> scratch, Instant now) {
  const Progress progress = take_turns(scratch, now);
  if (progress == Progress::finished) {
    if (!session_->input_of_http2().empty()) return Progress::speaks_http2;
    if (session_->must_reset()) transport_->close_with_reset();
    // What the client has sent behind its last request is read, or closing would reset the connection, and
    // with it what the client has not read yet of its answer (RFC 9112 §9.6).
    else if (readable_)
      static_cast<void>(receive(scratch));
    transport_->end();
  }
  session_->rest();
  return progress;
}

void Connection::change_to_http2(http::http2::Session::Context& context, Instant now) {
  const Bytes left = session_->input_of_http2();
  const std::vector<std::byte> input(left.begin(), left.end());
  session_.replace(std::make_unique<http::http2::Session>(context, id(), transport_->client(),
                                                          transport_->local(), now, session_->listener()));
  session_->received(input, now);
}

Connection::Progress Connection::take_turns(std::span<std::byte> scratch, Instant now) {
  for (int turn = 0; turn < kTurns;) {
    if (session_->finished()) return Progress::finished;
    const http::Outgoing outgoing = session_->next(now);
    if (session_->finished()) return Progress::finished;  // its content has failed
    Step step = Step::blocked;
    if (!outgoing.empty() && writable_) step = send(outgoing, scratch, now);
    // Also while nothing can be sent: the session bounds what it queues, then stops wanting any.
    if (step == Step::blocked && may_receive()) {
      const Arrived arrived = receive(scratch);
      take(arrived, now);
      if (arrived.kind != Arrived::Kind::nothing)
        step = arrived.bytes.size() == scratch.size() ? Step::much_done : Step::done;
    }
    if (step == Step::failed) session_->abort(http::Outcome::client_left, now);
    if (step == Step::blocked) return Progress::waiting;
    turn += step == Step::much_done ? kTurnsOfMuch : 1;
  }
  return session_->finished() ? Progress::finished : Progress::has_more;
}

Connection::Step Connection::send(const http::Outgoing& outgoing, std::span<std::byte> scratch, Instant now) {
  if (outgoing.close_writing) {
    transport_->shut_down_writing();
    session_->closed_writing(now);
    return Step::done;
  }
  if (outgoing.bytes.empty()) return send_file(*outgoing.file, scratch, now);
  reads_file_ = false;
  return sent(transport_->send(outgoing.bytes, outgoing.file != nullptr || outgoing.more), false, now);
}

Connection::Step Connection::sent(const Result<std::size_t>& count, bool is_much, Instant now) {
  if (count) {
    session_->sent(*count, now);
    return is_much ? Step::much_done : Step::done;
  }
  if (!net::is_temporary(count.error())) return Step::failed;
  writable_ = false;
  sends_when_readable_ = net::waits_for_opposite(count.error());
  must_rearm = !sends_when_readable_;
  tell_acknowledged(now);
  return Step::blocked;
}

Connection::Step Connection::send_file(const http::FilePiece& piece, std::span<std::byte> scratch,
                                       Instant now) {
  if (reads_file_) return read_and_send(piece, scratch, now);
  const auto count = transport_->send_file(piece.descriptor, piece.offset, piece.length);
  if (count && *count == 0) return cut_short("it is shorter than when it was opened", now);
  if (count || net::is_temporary(count.error()) || is_about_socket(count.error()))
    return sent(count, count && *count == piece.length, now);
  // Whatever else keeps the kernel from sending it: reading shows whether the file is at fault.
  reads_file_ = true;
  return read_and_send(piece, scratch, now);
}

Connection::Step Connection::read_and_send(const http::FilePiece& piece, std::span<std::byte> scratch,
                                           Instant now) {
  const auto room = scratch.first(std::min<std::uint64_t>(scratch.size(), piece.length));
  const auto count = os::read_at(piece.descriptor, room, piece.offset);
  if (!count) return cut_short(count.error().message(), now);
  if (*count == 0) return cut_short("it is shorter than when it was opened", now);
  const Bytes bytes = room.first(*count);
  return sent(transport_->send({&bytes, 1}, *count < piece.length), true, now);
}

Connection::Step Connection::cut_short(const std::string& cause, Instant now) {
  session_->cut_short(cause, now);
  return Step::done;
}

Connection::Arrived::Kind Connection::kind_of(const net::Received& received) {
  switch (received.kind) {
    case net::Received::Kind::usable: return Arrived::Kind::bytes;
    case net::Received::Kind::unsecured: return Arrived::Kind::unsecured;
    case net::Received::Kind::turned_away: return Arrived::Kind::turned_away;
  }
  return Arrived::Kind::failure;
}

Connection::Arrived Connection::receive(std::span<std::byte> buffer) {
  const auto received = transport_->receive(buffer);
  const bool has_ended = received && received->count == 0 && received->kind == net::Received::Kind::usable;
  readable_ = received && !has_ended && (received->more || must_read_on_);
  if (!received) {
    receives_when_writable_ = net::waits_for_opposite(received.error());
    must_rearm |= receives_when_writable_;
    return {.kind = net::is_temporary(received.error()) ? Arrived::Kind::nothing : Arrived::Kind::failure};
  }
  if (has_ended) return {.kind = Arrived::Kind::end};
  session_->begin_round();
  return {.kind = kind_of(*received), .bytes = buffer.first(received->count)};
}

void Connection::take(const Arrived& arrived, Instant now) {
  switch (arrived.kind) {
    case Arrived::Kind::nothing: return;
    case Arrived::Kind::bytes: return session_->received(arrived.bytes, now);
    case Arrived::Kind::unsecured: return session_->refuse_input(kClearText, arrived.bytes, now);
    case Arrived::Kind::turned_away: return session_->refuse_input(kClientLimit, {}, now);
    case Arrived::Kind::end: return session_->received({}, now);
    case Arrived::Kind::failure:  // the input has ended as well: the log tells of what was cut off
      session_->received({}, now);
      return session_->abort(http::Outcome::client_left, now);
  }
}

void Connection::expire(Instant now) {
  tell_acknowledged(now);
  session_->expire(now);
}

void Connection::changed(const os::Event& event) {
  if (event.writable || (sends_when_readable_ && event.readable)) writable_ = true;
  must_read_on_ |= event.must_read_on || event.hung_up;
  readable_ |= event.readable || must_read_on_ || (receives_when_writable_ && event.writable);
}

}  // namespace bobbin::server
