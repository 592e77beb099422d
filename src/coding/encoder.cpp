#include "coding/encoder.h"

#include <algorithm>
#include <limits>
#include <new>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>

#include "base/assert.h"

namespace bobbin::coding {
namespace {

using http::ContentCoding;

// What is coded is kept and given again, so it may cost a little more than where every response is coded
// anew.
constexpr int kGzipLevel = 6;
constexpr int kZstdLevel = 6;  // with a window of 2 MiB; a client need not hold more than 8 (RFC 9659)

constexpr std::size_t kGrowthBytes = 16 * 1024;  // by which the output grows

/// RFC 1952, without a name and without a time.
class GzipEncoder final : public Encoder {
 public:
  GzipEncoder() {
    constexpr int kGzipFraming = 16;  // added to the size of the window
    is_ready_ = deflateInit2(&stream_, kGzipLevel, Z_DEFLATED, MAX_WBITS + kGzipFraming, MAX_MEM_LEVEL - 1,
                             Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~GzipEncoder() override {
    if (is_ready_) deflateEnd(&stream_);
  }
  [[nodiscard]] bool is_ready() const { return is_ready_; }

  [[nodiscard]] bool encode(Bytes piece, std::string& out) override {
    while (!piece.empty()) {
      constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
      const Bytes part = piece.first(std::min(piece.size(), kMost));
      stream_.next_in = reinterpret_cast<const Bytef*>(part.data());
      stream_.avail_in = static_cast<uInt>(part.size());
      if (!deflate_into(out, Z_NO_FLUSH)) return false;
      piece = piece.subspan(part.size());
    }
    return true;
  }
  [[nodiscard]] bool finish(std::string& out) override { return deflate_into(out, Z_FINISH); }

 private:
  bool deflate_into(std::string& out, int flush) {
    int result = Z_OK;
    do {
      const std::size_t size = out.size();
      out.resize(size + kGrowthBytes);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + size);
      stream_.avail_out = kGrowthBytes;
      result = deflate(&stream_, flush);
      out.resize(size + kGrowthBytes - stream_.avail_out);
      if (result == Z_STREAM_ERROR) return false;
    } while (stream_.avail_out == 0);
    return flush != Z_FINISH || result == Z_STREAM_END;
  }

  z_stream stream_{};
  bool is_ready_ = false;
};

/// RFC 8878.
class ZstdEncoder final : public Encoder {
 public:
  ZstdEncoder()
      : context_(ZSTD_createCCtx(), &ZSTD_freeCCtx),
        is_ready_(context_ != nullptr && ZSTD_isError(ZSTD_CCtx_setParameter(
                                             context_.get(), ZSTD_c_compressionLevel, kZstdLevel)) == 0) {}
  [[nodiscard]] bool is_ready() const { return is_ready_; }

  [[nodiscard]] bool encode(Bytes piece, std::string& out) override {
    return compress(piece, ZSTD_e_continue, out);
  }
  [[nodiscard]] bool finish(std::string& out) override { return compress({}, ZSTD_e_end, out); }

 private:
  bool compress(Bytes piece, ZSTD_EndDirective directive, std::string& out) {
    ZSTD_inBuffer input{piece.data(), piece.size(), 0};
    while (true) {
      const std::size_t size = out.size();
      out.resize(size + kGrowthBytes);
      ZSTD_outBuffer output{out.data() + size, kGrowthBytes, 0};
      const std::size_t left = ZSTD_compressStream2(context_.get(), &output, &input, directive);
      out.resize(size + output.pos);
      if (ZSTD_isError(left) != 0) return false;
      const bool is_done = directive == ZSTD_e_end ? left == 0 : input.pos == input.size;
      if (is_done) return true;
    }
  }

  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
  bool is_ready_;
};

template <typename E>
std::unique_ptr<Encoder> ready() {
  std::unique_ptr<E> encoder(new (std::nothrow) E);
  return encoder != nullptr && encoder->is_ready() ? std::move(encoder) : nullptr;
}

}  // namespace

std::unique_ptr<Encoder> make_encoder(ContentCoding coding) {
  ASSERT(kEncodings.has(coding));
  return coding == ContentCoding::gzip ? ready<GzipEncoder>() : ready<ZstdEncoder>();
}

std::string_view encoder_version(ContentCoding coding) {
  static const std::string gzip = std::string("gzip ") + zlibVersion() + " " + std::to_string(kGzipLevel);
  static const std::string zstd =
      std::string("zstd ") + ZSTD_versionString() + " " + std::to_string(kZstdLevel);
  return coding == ContentCoding::gzip ? gzip : zstd;
}

std::string encoded(std::string_view content, ContentCoding coding) {
  std::string out;
  const auto encoder = make_encoder(coding);
  if (encoder == nullptr || !encoder->encode(as_bytes(content), out) || !encoder->finish(out)) return {};
  return out;
}

}  // namespace bobbin::coding
