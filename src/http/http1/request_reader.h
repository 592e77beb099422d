#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <variant>

#include "base/bytes.h"
#include "base/clock.h"
#include "http/http1/content_decoder.h"
#include "http/http1/head_parser.h"
#include "http/pace.h"

namespace bobbin::http::http1 {

/// The reading half of a session: it knows which part of a request comes next, and until when, and nothing of
/// responses. The states are Idle → Head → Content → Stopped. Each of the last three leads back to Idle when
/// the next request may come.
class RequestReader {
 public:
  /// Waits for the first byte of a request until `deadline`.
  RequestReader(Instant now, Instant deadline) : state_(Idle{now, deadline}) {}

  [[nodiscard]] bool wants_input() const;
  [[nodiscard]] Instant deadline(const PaceSettings& pace) const;

  // Idle: the session is between two requests.
  [[nodiscard]] bool is_idle() const { return std::holds_alternative<Idle>(state_); }
  /// Has a meaning only while the reader is idle.
  [[nodiscard]] Instant idle_since() const;
  void wait_for_request(Instant now, Instant deadline) { state_ = Idle{now, deadline}; }

  // Head: the first byte of a request has arrived. The deadline is absolute. If each byte extended it, a
  // client could hold a place for ever with one byte every few seconds.
  void begin_head(Instant deadline) { state_ = Head{deadline}; }
  [[nodiscard]] bool reads_head() const { return std::holds_alternative<Head>(state_); }
  /// May be called only while a head is read. See parse_head.
  [[nodiscard]] HeadResult read_head(Bytes input, const HeadLimits& limits);

  // Content: the content of a request is read.
  void begin_content(const ContentFraming& framing, std::uint64_t limit_bytes, const PaceSettings& pace,
                     Instant now);
  [[nodiscard]] bool reads_content() const {
    return std::holds_alternative<std::unique_ptr<Content>>(state_);
  }
  /// May be called only while content is read. See ContentDecoder::decode.
  [[nodiscard]] ContentDecoder::Result read_content(Bytes input, const PaceSettings& pace, Instant now);
  [[nodiscard]] bool content_is_finished() const { return content().decoder.finished(); }
  /// Until go_on is called no content is wanted, and the time does not count against the client.
  void pause(Instant now);
  void go_on(Instant now);
  [[nodiscard]] bool is_paused() const { return reads_content() && content().pace.is_paused(); }

  /// Stopped: no request is read, because a response is awaited or was the last one. What arrives is
  /// discarded until `deadline`.
  void stop(Instant deadline = kNever) { state_ = Stopped{deadline}; }

 private:
  struct Idle {
    Instant since;
    Instant deadline;
  };
  struct Head {
    Instant deadline;
    HeadProgress progress = {};
  };
  struct Content {
    ContentDecoder decoder;
    Pace pace;
  };
  struct Stopped {
    Instant deadline;
  };
  [[nodiscard]] Content& content() { return *std::get<std::unique_ptr<Content>>(state_); }
  [[nodiscard]] const Content& content() const { return *std::get<std::unique_ptr<Content>>(state_); }

  // The large state is allocated on its own, since an idle connection must be small.
  std::variant<Idle, Head, std::unique_ptr<Content>, Stopped> state_;
};

}  // namespace bobbin::http::http1
