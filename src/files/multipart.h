#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/content.h"
#include "http/range.h"

namespace bobbin::files {

/// "bytes 0-4/11" (RFC 9110 §14.4).
[[nodiscard]] std::string content_range(const http::ByteRange& range, std::uint64_t size_bytes);

struct Multipart {
  std::string media_type;  ///< with the boundary
  std::vector<http::ContentPiece> pieces;
};

/// Several ranges of one file as multipart/byteranges (RFC 9110 §14.6), in the order given. Nothing is read:
/// the parts are slices of the file. `media_type` is what a 200 would have said, `size_bytes` the size of the
/// whole file.
[[nodiscard]] Multipart byteranges(const std::shared_ptr<const http::File>& file,
                                   const std::vector<http::ByteRange>& ranges, std::string_view media_type,
                                   std::uint64_t size_bytes);

}  // namespace bobbin::files
