#include "http/http1/request_reader.h"

namespace bobbin::http::http1 {

bool RequestReader::wants_input() const { return !std::holds_alternative<Stopped>(state_) && !is_paused(); }

Instant RequestReader::deadline(const PaceSettings& pace) const {
  if (const auto* idle = std::get_if<Idle>(&state_)) return idle->deadline;
  if (const auto* head = std::get_if<Head>(&state_)) return head->deadline;
  if (const auto* stopped = std::get_if<Stopped>(&state_)) return stopped->deadline;
  return content().pace.deadline(pace);
}

Instant RequestReader::idle_since() const {
  const auto* idle = std::get_if<Idle>(&state_);
  return idle != nullptr ? idle->since : kNever;
}

HeadResult RequestReader::read_head(Bytes input, const HeadLimits& limits) {
  Head& head = std::get<Head>(state_);
  return parse_head(as_text(input), head.progress, limits);
}

void RequestReader::begin_content(const ContentFraming& framing, std::uint64_t limit_bytes,
                                  const PaceSettings& pace, Instant now) {
  state_ = std::make_unique<Content>(
      Content{.decoder = ContentDecoder(framing, limit_bytes), .pace = Pace(pace, now)});
}

ContentDecoder::Result RequestReader::read_content(Bytes input, const PaceSettings& pace, Instant now) {
  ContentDecoder::Result result = content().decoder.decode(input);
  if (const auto* step = std::get_if<ContentDecoder::Step>(&result))
    content().pace.progressed(step->consumed_bytes, pace, now);
  return result;
}

void RequestReader::pause(Instant now) { content().pace.pause(now); }
void RequestReader::go_on(Instant now) { content().pace.go_on(now); }

}  // namespace bobbin::http::http1
