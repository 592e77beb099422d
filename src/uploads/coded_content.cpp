#include "uploads/coded_content.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "uploads/answers.h"

namespace bobbin::uploads {

using coding::DecodingFault;

http::Intake CodedContent::take(Bytes piece, const Next& next) {
  received_bytes_ += piece.size();
  if (received_bytes_ > most_bytes_) return content_too_large(most_bytes_);
  if (!has_memory(piece.size())) return busy();
  if (fault_) return http::Accepted{};
  if (decoder_ == nullptr) decoder_ = coding::make_decoder(coding_);
  if (decoder_ == nullptr) return busy();
  return decode(piece, next);
}

http::Intake CodedContent::resumed(const Next& next) {
  if (fault_ || decoder_ == nullptr) return http::Accepted{};
  const std::string rest = std::exchange(rest_, {});
  return decode(as_bytes(rest), next);
}

http::Intake CodedContent::decode(Bytes piece, const Next& next) {
  std::array<std::byte, kSliceBytes> slice;
  std::size_t coded_bytes = 0;
  std::size_t made_bytes = 0;
  while (coded_bytes < kStretchOfCodedBytes && made_bytes < kStretchBytes) {
    const auto step = decoder_->decode(piece.first(std::min(piece.size(), kStretchOfCodedBytes)), slice);
    if (!step) return give_up(step.error());
    piece = piece.subspan(step->consumed_bytes);
    coded_bytes += step->consumed_bytes;
    made_bytes += step->made_bytes;
    made_bytes_ += step->made_bytes;
    if (!has_memory(piece.size())) return busy();
    if (step->made_bytes > 0) {
      http::Intake taken = next(Bytes(slice).first(step->made_bytes));
      if (std::holds_alternative<http::Wait>(taken)) rest_ = as_text(piece);
      if (!std::holds_alternative<http::Accepted>(taken)) return taken;
    }
    if (piece.empty() && step->made_bytes < slice.size()) return http::Accepted{};
  }
  rest_ = as_text(piece);
  resume_();
  return http::Wait{};
}

http::Intake CodedContent::give_up(DecodingFault fault) {
  if (fault == DecodingFault::no_memory) return busy();
  fault_ = fault;
  decoder_.reset();
  return http::Accepted{};
}

bool CodedContent::has_memory(std::size_t rest_bytes) {
  const std::uint64_t needed = rest_bytes + (is_kept_ ? received_bytes_ : 0) +
                               (fault_ ? 0 : coding::decoder_memory_bytes(coding_, made_bytes_));
  return needed <= memory_.bytes() || memory_.take(needed - memory_.bytes());
}

std::optional<http::Response> CodedContent::finish() const {
  if (fault_) return undecodable(coding_, *fault_);
  const auto fault = decoder_ == nullptr ? DecodingFault::truncated : decoder_->fault_at_end();
  return fault ? std::optional(undecodable(coding_, *fault)) : std::nullopt;
}

}  // namespace bobbin::uploads
