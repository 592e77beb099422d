#include "coding/decoder.h"

#include <algorithm>
#include <limits>
#include <new>
#include <utility>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/assert.h"

namespace bobbin::coding {
namespace {

using http::ContentCoding;

/// RFC 1952.
class GzipDecoder final : public Decoder {
 public:
  GzipDecoder() {
    constexpr int kGzipFraming = 16;  // added to the size of the window
    is_ready_ = inflateInit2(&stream_, MAX_WBITS + kGzipFraming) == Z_OK;
  }
  ~GzipDecoder() override {
    if (is_ready_) inflateEnd(&stream_);
  }
  [[nodiscard]] bool is_ready() const { return is_ready_; }

 private:
  static constexpr uLong kMagicBytes = 2;
  Step run(Bytes piece, std::span<std::byte> room) override {
    constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
    piece = piece.first(std::min(piece.size(), kMost));
    room = room.first(std::min(room.size(), kMost));
    stream_.next_in = reinterpret_cast<const Bytef*>(piece.data());
    stream_.avail_in = static_cast<uInt>(piece.size());
    stream_.next_out = reinterpret_cast<Bytef*>(room.data());
    stream_.avail_out = static_cast<uInt>(room.size());
    while (stream_.avail_out > 0 && (stream_.avail_in > 0 || may_hold_back_)) {
      if (is_at_end_ && stream_.avail_in == 0) break;
      if (std::exchange(is_at_end_, false)) inflateReset(&stream_);
      const int result = inflate(&stream_, Z_NO_FLUSH);
      // With room left all that it could make has been made.
      may_hold_back_ = stream_.avail_out == 0;
      if (result == Z_STREAM_END) {
        is_at_end_ = true;
        may_hold_back_ = false;
        ++members_;
      } else if (result == Z_BUF_ERROR) {
        break;
      } else if (result != Z_OK) {
        fail(fault_of(result));
        break;
      }
    }
    return Step{.consumed_bytes = piece.size() - stream_.avail_in,
                .made_bytes = room.size() - stream_.avail_out};
  }
  [[nodiscard]] std::optional<DecodingFault> missing() const override {
    if (is_at_end_) return std::nullopt;
    return members_ > 0 && stream_.total_in < kMagicBytes ? DecodingFault::trailing_bytes
                                                          : DecodingFault::truncated;
  }

  /// Bytes that do not begin with the two of a member are not damaged: they do not belong to it.
  [[nodiscard]] DecodingFault fault_of(int result) const {
    if (result == Z_MEM_ERROR) return DecodingFault::no_memory;
    const bool is_at_magic = stream_.total_in <= kMagicBytes && stream_.total_out == 0;
    return members_ > 0 && is_at_magic ? DecodingFault::trailing_bytes : DecodingFault::damaged;
  }

  z_stream stream_{};
  bool is_ready_ = false;
  bool is_at_end_ = false;      // of a member
  bool may_hold_back_ = false;  // there was no room for all that it could make
  std::uint64_t members_ = 0;   // that are whole
};

/// RFC 8878.
class ZstdDecoder final : public Decoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx(), &ZSTD_freeDCtx) {
    constexpr int kLargestWindowLog = 23;
    static_assert(kLargestWindowBytes == 1UL << kLargestWindowLog);
    is_ready_ = context_ != nullptr && ZSTD_isError(ZSTD_DCtx_setParameter(
                                           context_.get(), ZSTD_d_windowLogMax, kLargestWindowLog)) == 0;
  }
  [[nodiscard]] bool is_ready() const { return is_ready_; }

 private:
  Step run(Bytes piece, std::span<std::byte> room) override {
    ZSTD_outBuffer output{room.data(), room.size(), 0};
    std::size_t consumed_bytes = 0;
    while (output.pos < output.size && (consumed_bytes < piece.size() || may_hold_back_)) {
      // The first byte of a frame is given alone. The library decodes a frame that it gets whole in another
      // way, in which neither its window nor its age matters.
      const std::size_t end = is_at_end_ ? consumed_bytes + 1 : piece.size();
      ZSTD_inBuffer input{piece.data(), end, consumed_bytes};
      const std::size_t before = output.pos;
      const std::size_t result = ZSTD_decompressStream(context_.get(), &output, &input);
      if (ZSTD_isError(result) != 0) {
        fail(fault_of(ZSTD_getErrorCode(result)));
        break;
      }
      const bool is_stuck = input.pos == consumed_bytes && output.pos == before;
      frame_bytes_ += input.pos - consumed_bytes;
      consumed_bytes = input.pos;
      is_at_end_ = result == 0;
      may_hold_back_ = !is_at_end_ && output.pos == output.size;
      if (is_at_end_) {
        ++frames_;
        frame_bytes_ = 0;
      } else if (is_stuck) {
        break;
      }
    }
    return Step{.consumed_bytes = consumed_bytes, .made_bytes = output.pos};
  }
  [[nodiscard]] std::optional<DecodingFault> missing() const override {
    constexpr std::uint64_t kMagicBytes = 4;
    if (is_at_end_ && frames_ > 0) return std::nullopt;
    return frames_ > 0 && frame_bytes_ < kMagicBytes ? DecodingFault::trailing_bytes
                                                     : DecodingFault::truncated;
  }

  /// Bytes that do not begin with the four of a frame are not damaged: they do not belong to it.
  [[nodiscard]] DecodingFault fault_of(ZSTD_ErrorCode code) const {
    switch (code) {
      case ZSTD_error_frameParameter_windowTooLarge: return DecodingFault::window_too_large;
      case ZSTD_error_dictionary_wrong: return DecodingFault::needs_dictionary;
      case ZSTD_error_memory_allocation: return DecodingFault::no_memory;
      case ZSTD_error_prefix_unknown:
        return frames_ > 0 ? DecodingFault::trailing_bytes : DecodingFault::damaged;
      default: return DecodingFault::damaged;
    }
  }

  std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
  bool is_ready_ = false;
  bool is_at_end_ = true;          // of a frame, or at the front of the first one
  bool may_hold_back_ = false;     // there was no room for all that it could make
  std::uint64_t frames_ = 0;       // that are whole
  std::uint64_t frame_bytes_ = 0;  // of the one that has begun
};

template <typename D>
std::unique_ptr<Decoder> ready_decoder() {
  std::unique_ptr<D> decoder(new (std::nothrow) D);
  return decoder != nullptr && decoder->is_ready() ? std::move(decoder) : nullptr;
}

}  // namespace

Result<Decoder::Step, DecodingFault> Decoder::decode(Bytes piece, std::span<std::byte> room) {
  if (fault_) return failure(*fault_);
  const Step step = run(piece, room);
  if (fault_ && step.made_bytes == 0) return failure(*fault_);
  return step;
}

std::uint64_t decoder_memory_bytes(ContentCoding coding, std::uint64_t made_bytes) {
  // zlib: a window of 32 KiB and tables of 7 KiB.
  if (coding == ContentCoding::gzip) return 48UL * 1024;
  // zstd reserves its window as a whole, and it takes memory as it is filled. One block is kept as it came.
  constexpr std::uint64_t kStateBytes = 160UL * 1024;
  constexpr std::uint64_t kBlockBytes = 128UL * 1024;
  return kStateBytes + std::min(made_bytes, kBlockBytes) +
         std::min(made_bytes, kLargestWindowBytes + kBlockBytes);
}

std::unique_ptr<Decoder> make_decoder(ContentCoding coding) {
  ASSERT(kDecodings.has(coding));
  return coding == ContentCoding::gzip ? ready_decoder<GzipDecoder>() : ready_decoder<ZstdDecoder>();
}

}  // namespace bobbin::coding
