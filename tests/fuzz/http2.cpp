#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "given.h"
#include "http/http2/session_driver.h"

// A whole connection of HTTP/2 behind its preface: any frames, in pieces of any size, a socket that takes
// what it likes, answers that come later, time, stops. Every exchange that was begun is told of exactly once,
// nobody waits for a deadline that has passed, and what is sent is frames.
namespace bobbin::fuzz {
namespace {

using http::Response;
using http::SourceScript;
using http::Status;
using http::http2::OutputBuffer;
using http::http2::SessionDriver;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

http::SessionSettings choose_settings(Choices& choices) {
  http::SessionSettings settings;
  settings.server_name = "fuzz";
  settings.maximum_http2_requests = choices.one_in(2) ? 0 : static_cast<unsigned>(1 + choices.below(5));
  if (choices.one_in(4)) settings.head.head_bytes = 40 + choices.below(200);
  if (choices.one_in(4)) settings.maximum_content_bytes = choices.below(100);
  return settings;
}

std::shared_ptr<SourceScript> choose_source(Choices& choices) {
  auto script = std::make_shared<SourceScript>();
  if (choices.one_in(2)) script->size_bytes = choices.below(40);
  for (std::size_t i = choices.below(5); i > 0; --i) switch (choices.below(4)) {
      case 0: script->steps.emplace_back(http::Wait{}); break;
      case 1: script->steps.emplace_back(http::Failed{"chosen"}); break;
      case 2:
        script->steps.emplace_back(
            http::FilePiece{.descriptor = 0, .offset = choices.below(30), .length = 1 + choices.below(30)});
        break;
      default: script->steps.emplace_back(std::string(1 + choices.below(20), 's'));
    }
  return script;
}

/// A frame is nine bytes that say how long it is (RFC 9113 §4.1), and no larger than a client must take.
void check_frames(std::string_view output) {
  while (output.size() >= 9) {
    const auto byte = [&output](std::size_t at) { return static_cast<std::uint8_t>(output[at]); };
    const std::size_t size = byte(0) * 65'536U + byte(1) * 256U + byte(2);
    ASSERT(size <= 16'384);
    ASSERT(byte(3) <= 9);
    if (output.size() < 9 + size) return;
    output.remove_prefix(9 + size);
  }
}

void check(const SessionDriver& driver, const http::Session& session) {
  std::set<unsigned> told;
  for (const http::ExchangeSummary& summary : driver.summaries) {
    ASSERT(summary.ordinal >= 1 && summary.ordinal <= session.requests());
    ASSERT(told.insert(summary.ordinal).second);
  }
}

/// Takes so much of what is offered.
void write(SessionDriver& driver, std::size_t maximum_bytes) {
  http::Session& session = driver.session();
  const http::Outgoing out = session.next(driver.now);
  if (out.close_writing) return session.closed_writing(driver.now);
  if (out.bytes.empty()) return;
  ASSERT(out.bytes.size() == 1 && !out.bytes[0].empty() && out.bytes[0].size() <= OutputBuffer::kCapacity);
  const std::size_t count = std::min(maximum_bytes, out.bytes[0].size());
  driver.output += as_text(out.bytes[0]).substr(0, count);
  session.sent(count, driver.now);
}

std::int32_t choose_stream(Choices& choices) { return static_cast<std::int32_t>(1 + 2 * choices.below(6)); }

void one_move(SessionDriver& driver, Choices& choices) {
  http::Session& session = driver.session();
  switch (choices.below(16)) {
    case 0: return driver.advance(milliseconds(choices.below(2000)));
    case 1: return driver.advance(seconds(choices.below(40)));
    case 2: driver.handler().decides = choices.one_in(2); return driver.resume(choose_stream(choices));
    case 3:
      driver.resolve(choose_stream(choices), choices.one_in(3) ? Response{.status = Status::early_hints}
                                                               : Response::error(Status::not_found, "later"));
      return;
    case 4:
      if (choices.one_in(8)) session.shut_down();
      return;
    case 5:
      if (choices.one_in(16)) session.abort(http::Outcome::stopped, driver.now);
      return;
    case 6:
      if (choices.one_in(8) && session.wants_input()) session.received({}, driver.now);
      return;
    case 7: driver.handler().source = choose_source(choices); return;
    default: write(driver, choices.piece(4096)); session.rest();
  }
}

void run(std::string_view input, Choices choices) {
  SessionDriver driver(choose_settings(choices));
  driver.client_is_away = true;
  driver.file = std::string(40, 'f');
  driver.handler().source = choose_source(choices);
  driver.handler().pieces_until_wait = static_cast<int>(1 + choices.below(3));
  driver.crowded = choices.one_in(16);
  driver.stalled = true;
  http::Session& session = driver.session();
  session.received(as_bytes(kPreface), driver.now);
  constexpr int kMoves = 300;
  for (int move = 0; move < kMoves && !session.finished(); ++move) {
    if (!input.empty() && session.wants_input() && choices.one_in(3)) {
      const ExactCopy piece(input.substr(0, choices.piece(input.size())));
      driver.feed(piece.text());
      input.remove_prefix(piece.text().size());
    }
    one_move(driver, choices);
    check(driver, session);
  }
  // Time alone ends it.
  for (int i = 0; i < 1'000 && !session.finished(); ++i) {
    write(driver, SIZE_MAX);
    if (session.finished()) break;
    const Instant until = session.deadline();
    ASSERT(until != kNever);
    driver.now = std::max(driver.now, until);
    session.expire(driver.now);
    ASSERT(session.finished() || session.deadline() > driver.now || !session.next(driver.now).empty());
  }
  ASSERT(session.finished());
  check(driver, session);
  ASSERT(driver.summaries.size() == session.requests());
  check_frames(driver.output);
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
