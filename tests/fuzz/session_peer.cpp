#include "session_peer.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "given.h"

namespace bobbin::fuzz {
namespace {

using http::Content;
using http::FilePiece;
using http::Response;
using http::SourceScript;
using http::Status;
using http::Wait;

/// The byte at `offset` of every file.
char file_byte(std::uint64_t offset) { return static_cast<char>('a' + offset % 26); }

FilePiece piece(std::uint64_t offset, std::uint64_t length) {
  return {.descriptor = -1, .offset = offset, .length = length};
}

Content source(std::optional<std::uint64_t> size_bytes, std::vector<SourceScript::Step> steps) {
  return std::make_unique<http::ScriptedSource>(
      std::make_shared<SourceScript>(SourceScript{.size_bytes = size_bytes, .steps = std::move(steps)}));
}

Response with(Content content) {
  return Response::with_content(Status::ok, "text/plain", std::move(content));
}

/// Answers from the first piece of the content.
class Refusing final : public http::Exchange {
 public:
  http::Intake content(Bytes) override { return Response::error(Status::bad_request, "Not this."); }
  http::Reply complete(http::ReplyLater later) override {
    std::move(later).forget();
    return Response::error(Status::bad_request, "Nothing.");
  }
};

}  // namespace

http::Begin ShapesHandler::begin(const http::Request& request) const {
  const std::string_view target = request.head.target;
  http::Begin recorded = recording_.begin(request);
  if (request.head.method == http::Method::post) {
    if (target == "/refuse" && refuses_content_) return std::make_unique<Refusing>();
    return recorded;
  }
  if (target == "/file") return with(source(3000, {piece(0, 1000), piece(1000, 2000)}));
  if (target == "/pieces")
    return with(source(5709, {"first", piece(3, 700), std::string(5000, 's'), Wait{}, "last"}));
  if (target == "/chunks")
    return with(source({}, {"first", Wait{}, piece(3, 700), std::string(5000, 's'), Wait{}}));
  if (target == "/no-chunk") return with(source({}, {Wait{}}));
  if (target == "/shared") return with(std::make_shared<const std::string>(6000, 's'));
  if (target == "/nothing") return with(std::string());
  if (target == "/empty") return Response{.status = Status::no_content};
  if (target == "/same") return Response{.status = Status::not_modified};
  if (target == "/close") return Response{.status = Status::ok, .close = true};
  return recorded;
}

SessionPeer::SessionPeer(Services services)
    : services_(std::move(services)),
      handler_(std::make_shared<ShapesHandler>(events_, services_.refuses_content)),
      context_{{services_.settings,
                std::make_shared<http::FilteredHandler>(http::default_filters("fuzz"), handler_), *this,
                *this}},
      session_(context_, ConnectionId{}, local_, local_, now_) {}

bool SessionPeer::read(std::size_t maximum_bytes) {
  if (!session_.wants_input()) return false;
  if (unread_.empty()) {
    if (!ended_ || end_was_read_) return false;
    end_was_read_ = true;
    session_.received({}, now_);
  } else {
    const ExactCopy piece(std::string_view(unread_).substr(0, maximum_bytes));
    unread_.erase(0, piece.text().size());
    session_.received(as_bytes(piece.text()), now_);
  }
  check();
  return true;
}

bool SessionPeer::write(std::size_t maximum_bytes, std::size_t maximum_pieces) {
  http::Outgoing out = session_.next(now_);
  if (out.empty()) return false;
  if (out.close_writing) {
    ASSERT(out.bytes.empty() && out.file == nullptr);
    session_.closed_writing(now_);
    check();
    return true;
  }
  if (maximum_pieces < out.bytes.size()) {
    out.bytes = out.bytes.first(maximum_pieces);
    out.file = nullptr;
  }
  std::uint64_t room = maximum_bytes;
  std::uint64_t count = 0;
  for (const Bytes piece : out.bytes) {
    ASSERT(!piece.empty());
    const std::size_t taken = std::min<std::uint64_t>(room - count, piece.size());
    output_ += as_text(piece).substr(0, taken);
    count += taken;
  }
  if (out.file != nullptr) {
    ASSERT(out.file->length > 0);
    const std::uint64_t taken = std::min(room - count, out.file->length);
    for (std::uint64_t i = 0; i < taken; ++i) output_ += file_byte(out.file->offset + i);
    count += taken;
  }
  session_.sent(count, now_);
  check();
  return true;
}

bool SessionPeer::resume() {
  const http::Outgoing out = session_.next(now_);
  const bool receiver_waits = session_.state_name() == "receiving" && !session_.wants_input();
  if (session_.finished() || !out.empty() || (session_.state_name() != "sending" && !receiver_waits))
    return false;
  session_.resume(ExchangeId{session_.requests()}, now_);
  check();
  return true;
}

void SessionPeer::find_out(bool decides) {
  handler_->set_decides(decides);
  session_.resume(ExchangeId{session_.requests()}, now_);
  check();
}

bool SessionPeer::resolve(Response response) {
  if (session_.state_name() != "awaiting") return false;
  ASSERT(session_.resolve(ExchangeId{session_.requests()}, std::move(response), now_));
  ASSERT(session_.state_name() != "awaiting");
  check();
  return true;
}

/// An answer that nobody waits for changes nothing.
void SessionPeer::resolve_stale() {
  const std::string_view state = session_.state_name();
  ASSERT(!session_.resolve(ExchangeId{session_.requests() + 1}, with(std::string("stale")), now_));
  ASSERT(session_.state_name() == state);
  check();
}

void SessionPeer::pass(Duration duration) {
  now_ += duration;
  if (session_.deadline() > now_) return;
  session_.expire(now_);
  // A deadline that stays in the past would wake its worker again and again.
  ASSERT(session_.deadline() > now_);
  check();
}

void SessionPeer::shut_down() {
  session_.shut_down();
  check();
}

void SessionPeer::abort() {
  aborted_ |= !finished();
  session_.abort(http::Outcome::client_left, now_);
  const std::size_t ended = summaries_.size();
  session_.abort(http::Outcome::client_left, now_);
  ASSERT(finished() && summaries_.size() == ended);
  check();
}

void SessionPeer::settle() {
  constexpr std::size_t kAll = 1 << 30;
  while (write(kAll, 4) || read(kAll) || resume() ||
         resolve(Response::with_content(Status::created, "text/plain", "stored late"))) {
  }
  ASSERT(finished() || !ended_);
}

void SessionPeer::check() {
  const unsigned maximum_requests = services_.settings.maximum_requests;
  ASSERT(maximum_requests == 0 || session_.requests() <= maximum_requests);
  const http::Outgoing out = session_.next(now_);
  if (finished()) {
    ASSERT(!session_.wants_input() && out.empty() && session_.deadline() == kNever);
    ASSERT(!session_.is_idle());
    return;
  }
  // Somebody can always make a move; and when it is not us, there is a deadline for it.
  // A source or a receiver that waits is resumed by somebody.
  const std::string_view state = session_.state_name();
  const bool awaits = state == "awaiting" || state == "sending" || state == "receiving";
  ASSERT(!out.empty() || session_.wants_input() || awaits);
  ASSERT(out.close_writing || session_.deadline() != kNever);
  ASSERT(!session_.is_idle() || (out.empty() && session_.idle_since() <= now_));
}

}  // namespace bobbin::fuzz
