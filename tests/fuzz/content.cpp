#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/assert.h"
#include "chunked_reference.h"
#include "given.h"
#include "http/http1/content_decoder.h"

// The content behind a head, counted or chunked. What comes out, and how it ends, is the same whatever the
// splits; a message that was accepted means what a literal reader takes it for.
namespace bobbin::fuzz {
namespace {

using http::ContentFraming;
using http::Refusal;
using http::http1::ContentDecoder;

struct Outcome {
  std::string content;
  std::size_t consumed_bytes = 0;  ///< meaningful unless refused
  bool finished = false;
  std::optional<Refusal> refusal;
};

/// Decodes one piece, calling again for the rest as the decoder asks.
void decode(ContentDecoder& decoder, std::string_view piece, Outcome& outcome) {
  const ExactCopy copy(piece);
  std::string_view rest = copy.text();
  while (!rest.empty() && !outcome.finished) {
    const ContentDecoder::Result result = decoder.decode(as_bytes(rest));
    if (const auto* refusal = std::get_if<Refusal>(&result)) {
      ASSERT(http::is_error(refusal->status) && !refusal->reason.empty());
      outcome.refusal = *refusal;
      return;
    }
    const auto& step = std::get<ContentDecoder::Step>(result);
    ASSERT(step.consumed_bytes > 0 && step.consumed_bytes <= rest.size());
    ASSERT(is_within(as_text(step.content), rest.substr(0, step.consumed_bytes)));
    ASSERT(step.finished == decoder.finished());
    // What is left over without a reason would have to be kept by the caller.
    ASSERT(step.consumed_bytes == rest.size() || step.finished || !step.content.empty());
    outcome.content += as_text(step.content);
    outcome.consumed_bytes += step.consumed_bytes;
    outcome.finished = step.finished;
    rest.remove_prefix(step.consumed_bytes);
  }
}

template <typename PieceSize>
Outcome decode_in_pieces(const ContentFraming& framing, std::uint64_t limit, std::string_view input,
                         PieceSize size) {
  ContentDecoder decoder(framing, limit);
  Outcome outcome{.finished = decoder.finished()};
  while (!input.empty() && !outcome.finished && !outcome.refusal) {
    const std::string_view piece = input.substr(0, size(input.size()));
    decode(decoder, piece, outcome);
    input.remove_prefix(piece.size());
  }
  return outcome;
}

bool same(const Outcome& a, const Outcome& b) {
  if (a.content != b.content || a.finished != b.finished || a.refusal.has_value() != b.refusal.has_value())
    return false;
  if (a.refusal) return a.refusal->status == b.refusal->status && a.refusal->reason == b.refusal->reason;
  return a.consumed_bytes == b.consumed_bytes;
}

void check(const Outcome& outcome, const ContentFraming& framing, std::uint64_t limit,
           std::string_view input) {
  ASSERT(outcome.content.size() <= limit);
  if (framing.kind == ContentFraming::Kind::chunked) {
    const auto reference = read_chunked(input);
    ASSERT(!outcome.finished || (reference && reference->content == outcome.content &&
                                 reference->size_bytes == outcome.consumed_bytes));
    return;
  }
  if (outcome.refusal) return ASSERT(framing.length_bytes > limit);
  const std::size_t wanted = std::min<std::uint64_t>(framing.length_bytes, input.size());
  ASSERT(outcome.content == input.substr(0, wanted));
  ASSERT(outcome.finished == (framing.length_bytes == wanted));
}

void run(std::string_view input, Choices choices) {
  const bool chunked = !choices.one_in(8);
  const ContentFraming framing = chunked
                                     ? ContentFraming{.kind = ContentFraming::Kind::chunked}
                                     : ContentFraming{ContentFraming::Kind::length, choices.of_any_size()};
  const std::uint64_t limit = choices.one_in(2) ? 1 << 20 : choices.of_any_size();

  const auto whole = [](std::size_t size) { return size; };
  const auto single = [](std::size_t) { return std::size_t{1}; };
  const auto chosen = [&choices](std::size_t size) { return choices.piece(size); };
  const Outcome outcome = decode_in_pieces(framing, limit, input, whole);
  check(outcome, framing, limit, input);
  ASSERT(same(decode_in_pieces(framing, limit, input, single), outcome));
  ASSERT(same(decode_in_pieces(framing, limit, input, chosen), outcome));
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
