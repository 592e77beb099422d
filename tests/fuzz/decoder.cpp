#include "coding/decoder.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <zstd.h>

#include "base/assert.h"
#include "coding/encoder.h"
#include "given.h"

// A content in gzip or zstd. However it is cut, and however much room there is, the same is made of it, or
// the same is wrong with it; never more is made than there is room for. What is whole is so for libzstd, too.
namespace bobbin::fuzz {
namespace {

using coding::DecodingFault;
using http::ContentCoding;

constexpr std::size_t kMostTextBytes = 256UL * 1024;

struct Outcome {
  std::string text;
  std::optional<DecodingFault> fault;
  bool is_too_long = false;
};

/// Decodes one piece. False: nothing more is wanted.
bool decode_piece(coding::Decoder& decoder, Bytes piece, std::span<std::byte> room, Outcome& outcome) {
  while (true) {
    const auto step = decoder.decode(piece, room);
    if (!step) {
      outcome.fault = step.error();
      return false;
    }
    ASSERT(step->consumed_bytes <= piece.size() && step->made_bytes <= room.size());
    ASSERT(step->consumed_bytes > 0 || step->made_bytes > 0 || piece.empty());
    piece = piece.subspan(step->consumed_bytes);
    outcome.text += as_text(Bytes(room).first(step->made_bytes));
    if (outcome.text.size() > kMostTextBytes) {
      ASSERT(outcome.text.size() <= kMostTextBytes + room.size());
      outcome.text.resize(kMostTextBytes);
      outcome.is_too_long = true;
      return false;
    }
    if (piece.empty() && step->made_bytes < room.size()) return true;
  }
}

template <typename SizeOfPiece>
Outcome decode(std::string_view coded, ContentCoding coding, std::size_t room_bytes,
               SizeOfPiece size_of_piece) {
  const auto decoder = coding::make_decoder(coding);
  Outcome outcome;
  std::vector<std::byte> room(room_bytes);
  while (!coded.empty()) {
    const ExactCopy piece(coded.substr(0, size_of_piece(coded.size())));
    if (!decode_piece(*decoder, as_bytes(piece.text()), room, outcome)) return outcome;
    coded.remove_prefix(piece.text().size());
  }
  outcome.fault = decoder->fault_at_end();
  return outcome;
}

Outcome decode_whole(std::string_view coded, ContentCoding coding) {
  return decode(coded, coding, kMostTextBytes, [](std::size_t left) { return left; });
}

void check_with_another_reader(std::string_view coded, const Outcome& outcome) {
  std::string text(kMostTextBytes, '\0');
  const std::size_t size = ZSTD_decompress(text.data(), text.size(), coded.data(), coded.size());
  ASSERT(ZSTD_isError(size) == 0 && text.substr(0, size) == outcome.text);
}

/// Of what is refused not all may be made that stands in front of the fault.
void check_same(const Outcome& one, const Outcome& other) {
  const bool is_refused = one.fault || one.is_too_long;
  ASSERT(is_refused == (other.fault || other.is_too_long));
  if (!is_refused) ASSERT(one.text == other.text);
  if (one.fault && other.fault) ASSERT(one.fault == other.fault);
}

void run(std::string_view input, Choices choices) {
  const bool looks_like_gzip = input.starts_with('\x1F');
  const ContentCoding coding =
      looks_like_gzip != choices.one_in(16) ? ContentCoding::gzip : ContentCoding::zstd;
  const Outcome whole = decode_whole(input, coding);
  const std::size_t room_bytes = 1 + choices.below(20'000);
  check_same(decode(input, coding, room_bytes, [&](std::size_t left) { return choices.piece(left); }), whole);
  if (coding == ContentCoding::zstd && !whole.fault && !whole.is_too_long && !input.empty())
    check_with_another_reader(input, whole);

  const std::string coded = coding::encoded(input, coding);
  const Outcome again =
      decode(coded, coding, room_bytes, [&](std::size_t left) { return choices.piece(left); });
  ASSERT(!again.fault && again.text == input.substr(0, kMostTextBytes));
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
