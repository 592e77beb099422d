#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/budget.h"
#include "base/bytes.h"
#include "coding/decoder.h"
#include "http/handler.h"

namespace bobbin::uploads {

/// Decodes the content of one request as it arrives, and gives it on in slices. It goes no further than who
/// takes them: when that one waits, the rest of the piece is kept as it came. It also lets others have their
/// turn of the worker, by waiting for itself. Every verdict but 413 and 503 waits for the end of the content,
/// so that the connection can be kept. Thread: the worker that owns the connection.
class CodedContent {
 public:
  static constexpr std::size_t kSliceBytes = 16UL * 1024;
  /// After so much work for one content, others have their turn: bytes that were decoded, and bytes that
  /// were made of them.
  static constexpr std::size_t kStretchBytes = 128UL * 1024;
  static constexpr std::size_t kStretchOfCodedBytes = 16UL * 1024;

  /// Takes a slice, which is valid during the call.
  using Next = std::function<http::Intake(Bytes slice)>;

  /// `coding`: one that has a decoder. `most_bytes`: of the content as it comes. `memory`: of which the
  /// decoder takes its part; it outlives this object. `is_kept`: somebody else keeps the content as it comes,
  /// and that counts here.
  CodedContent(http::ContentCoding coding, std::uint64_t most_bytes, Budget& memory, bool is_kept,
               http::Resume resume)
      : coding_(coding), most_bytes_(most_bytes), is_kept_(is_kept), memory_(memory), resume_(resume) {}

  /// The next piece, decoded from its transfer coding.
  [[nodiscard]] http::Intake take(Bytes piece, const Next& next);
  /// After Wait, when Resume was called.
  [[nodiscard]] http::Intake resumed(const Next& next);
  /// After all of it: what its client is answered when it could not be decoded.
  [[nodiscard]] std::optional<http::Response> finish() const;

 private:
  [[nodiscard]] http::Intake decode(Bytes piece, const Next& next);
  /// Whether all that is held has its place in memory: a rest of so many bytes, and what decoding takes.
  [[nodiscard]] bool has_memory(std::size_t rest_bytes);
  /// Nothing more of the content is wanted, which is read to its end nevertheless.
  http::Intake give_up(coding::DecodingFault fault);

  const http::ContentCoding coding_;
  const std::uint64_t most_bytes_;
  const bool is_kept_;
  std::uint64_t received_bytes_ = 0;
  std::uint64_t made_bytes_ = 0;
  Budget::Share memory_;
  std::unique_ptr<coding::Decoder> decoder_;  // made for the first piece
  std::optional<coding::DecodingFault> fault_;
  std::string rest_;  // of the last piece; it is as large as that at most
  const http::Resume resume_;
};

}  // namespace bobbin::uploads
