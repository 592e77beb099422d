#include "server/connection.h"

#include <algorithm>
#include <cerrno>

#include "os/page_cache.h"
#include "os/socket.h"

namespace bobbin::server {
namespace {

// One client that is always ready must not keep the others waiting: a block of a file, or a buffer full of
// content, counts as several turns.
constexpr int kTurns = 16;
constexpr int kTurnsOfMuch = 4;

// A file is looked for in the page cache and sent in blocks: large, because each costs two looks, but not the
// last one, before which the file is looked at again. What is not cached is fetched in smaller ones, so that
// the client gets the first of them soon.
constexpr std::uint64_t kBlockBytes = 4 * 1024 * 1024;
static_assert(kBlockBytes <= Connection::kMostBlockBytes);
constexpr std::uint64_t kLastBlockBytes = 1024 * 1024;
constexpr std::uint64_t kFetchedBytes = 1024 * 1024;

std::uint64_t next_block_bytes(std::uint64_t bytes_left) {
  return bytes_left <= kLastBlockBytes ? bytes_left : std::min(bytes_left - kLastBlockBytes, kBlockBytes);
}

// sendfile(2) has two ends.
bool is_about_file(const Error& error) {
  return error.code == EIO || error.code == ENOMEM || error.code == EOVERFLOW || error.code == ESTALE;
}
bool is_temporary(const Error& error) { return error.code == EAGAIN || error.code == EWOULDBLOCK; }

}  // namespace

Connection::Progress Connection::drive(std::span<std::byte> scratch, Instant now) {
  const Progress progress = take_turns(scratch, now);
  // What the client has sent behind its last request is read, or closing would reset the connection, and with
  // it what the client has not read yet of its answer (RFC 9112 §9.6).
  if (progress == Progress::finished && readable_) static_cast<void>(receive(scratch));
  session_.rest();
  return progress;
}

Connection::Progress Connection::take_turns(std::span<std::byte> scratch, Instant now) {
  for (int turn = 0; turn < kTurns;) {
    if (session_.finished()) return Progress::finished;
    const http::Outgoing outgoing = session_.next();
    Step step = Step::blocked;
    if (!outgoing.empty() && may_send()) step = send(outgoing, now);
    // Also while nothing can be sent: the session bounds what it queues, then stops wanting any.
    if (step == Step::blocked && may_receive()) {
      const Arrived arrived = receive(scratch);
      take(arrived, now);
      if (arrived.kind != Arrived::Kind::nothing)
        step = arrived.bytes.size() == scratch.size() ? Step::much_done : Step::done;
    }
    if (step == Step::failed) session_.abort(now);
    if (step == Step::blocked) return Progress::waiting;
    turn += step == Step::much_done ? kTurnsOfMuch : 1;
  }
  return session_.finished() ? Progress::finished : Progress::has_more;
}

Connection::Step Connection::send(const http::Outgoing& outgoing, Instant now) {
  if (outgoing.close_writing) {
    os::shut_down_writing(socket_);
    session_.closed_writing(now);
    return Step::done;
  }
  if (outgoing.bytes.empty()) return send_slice(*outgoing.file, now);
  const auto sent = os::send(socket_, outgoing.bytes, outgoing.file != nullptr || outgoing.more);
  if (!sent) return not_sent(sent.error());
  session_.sent(*sent, now);
  return Step::done;
}

Connection::Step Connection::not_sent(const Error& error) {
  if (!is_temporary(error)) return Step::failed;
  writable_ = false;
  must_rearm = true;
  return Step::blocked;
}

Connection::Step Connection::send_slice(const http::FileSlice& slice, Instant now) {
  if (content_ == Content::unknown) look_into_cache(slice);
  // sendfile(2) would wait for the disk, and with it everybody whom this worker serves.
  if (content_ == Content::cold) return Step::blocked;
  // The client takes the announced length for proof that it has the file: so the last bytes leave only when
  // the file is still the one that was announced. Otherwise the answer is cut short, which every client
  // notices.
  if (block_bytes_ == slice.length && !slice.file->unchanged())
    return cut_short("it has changed since it was opened", now);
  const auto sent = os::send_file(socket_, slice.file->descriptor(), slice.offset, block_bytes_);
  if (!sent && is_about_file(sent.error())) return cut_short(sent.error().message(), now);
  if (!sent) return not_sent(sent.error());
  if (*sent == 0) return cut_short("it is shorter than when it was opened", now);
  set_block_bytes(block_bytes_ - *sent);
  session_.sent(*sent, now);
  if (block_bytes_ > 0) return Step::done;
  content_ = Content::unknown;
  return Step::much_done;
}

Connection::Step Connection::cut_short(const std::string& reason, Instant now) {
  session_.cut_short(reason, now);
  return Step::failed;
}

void Connection::look_into_cache(const http::FileSlice& slice) {
  std::uint64_t block = next_block_bytes(slice.length);
  const bool cached = os::seems_cached(slice.file->descriptor(), slice.offset, block);
  if (!cached) block = std::min(block, kFetchedBytes);
  content_ = cached ? Content::cached : Content::cold;
  set_block_bytes(block);
}

void Connection::fetched(Instant now) {
  content_ = Content::cached;
  session_.output_goes_on(now);
}

http::FileSlice Connection::begin_fetch(Instant now) {
  content_ = Content::being_fetched;
  session_.output_waits(now);
  http::FileSlice slice = *session_.next().file;
  slice.length = block_bytes_;
  return slice;
}

Connection::Arrived Connection::receive(std::span<std::byte> buffer) {
  const auto count = os::receive(socket_, buffer);
  // A short read has emptied the socket: asking again would only hear EAGAIN. What comes later is announced.
  readable_ = count && *count > 0 && (*count == buffer.size() || must_read_on_);
  if (!count) return {.kind = is_temporary(count.error()) ? Arrived::Kind::nothing : Arrived::Kind::failure};
  if (*count == 0) return {.kind = Arrived::Kind::end};
  session_.begin_round();
  return {.kind = Arrived::Kind::bytes, .bytes = buffer.first(*count)};
}

void Connection::take(const Arrived& arrived, Instant now) {
  switch (arrived.kind) {
    case Arrived::Kind::nothing: return;
    case Arrived::Kind::bytes: return session_.received(arrived.bytes, now);
    case Arrived::Kind::end: return session_.received({}, now);
    case Arrived::Kind::failure:  // the input has ended as well: the log tells of what was cut off
      session_.received({}, now);
      return session_.abort(now);
  }
}

void Connection::changed(const os::Event& event) {
  if (event.writable) writable_ = true;
  must_read_on_ |= event.must_read_on || event.hung_up;
  readable_ |= event.readable || must_read_on_;
}

}  // namespace bobbin::server
