#pragma once

#include <string>
#include <string_view>
#include <zlib.h>
#include <zstd.h>

#include "http/content_coding.h"

// For tests.
namespace bobbin::coding {

/// The one gzip member that the text is; "(malformed)" when it is anything else.
inline std::string gunzip(std::string_view coded) {
  z_stream stream{};
  if (inflateInit2(&stream, MAX_WBITS + 16) != Z_OK) return "(no memory)";
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(coded.data()));
  stream.avail_in = static_cast<uInt>(coded.size());
  std::string text;
  int result = Z_OK;
  while (result == Z_OK) {
    char part[16384];
    stream.next_out = reinterpret_cast<Bytef*>(part);
    stream.avail_out = sizeof part;
    result = inflate(&stream, Z_NO_FLUSH);
    text.append(part, sizeof part - stream.avail_out);
  }
  const bool is_whole = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return is_whole ? text : "(malformed)";
}

/// The same for one zstd frame.
inline std::string unzstd(std::string_view coded) {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  ZSTD_inBuffer input{coded.data(), coded.size(), 0};
  std::string text;
  std::size_t left = 1;
  while (left != 0 && ZSTD_isError(left) == 0) {
    char part[16384];
    ZSTD_outBuffer output{part, sizeof part, 0};
    left = ZSTD_decompressStream(context, &output, &input);
    text.append(part, output.pos);
    if (input.pos == input.size && output.pos < output.size) break;
  }
  ZSTD_freeDCtx(context);
  return left == 0 && input.pos == input.size ? text : "(malformed)";
}

inline std::string decoded(std::string_view coded, http::ContentCoding coding) {
  return coding == http::ContentCoding::gzip ? gunzip(coded) : unzstd(coded);
}

}  // namespace bobbin::coding
