#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "files/file_source.h"
#include "http/range.h"

namespace bobbin::files {

/// "bytes 0-4/11" (RFC 9110 §14.4).
[[nodiscard]] std::string content_range(const http::ByteRange& range, std::uint64_t size_bytes);

struct Multipart {
  std::string media_type;  ///< with the boundary
  std::vector<FileSource::Part> parts;
  std::string end;
};

/// Several ranges of one file as multipart/byteranges (RFC 9110 §14.6), in the order given. Nothing is read:
/// the parts are for a FileSource. `media_type` is what a 200 would have said, `size_bytes` the size of the
/// whole file.
[[nodiscard]] Multipart byteranges(const std::vector<http::ByteRange>& ranges, std::string_view media_type,
                                   std::uint64_t size_bytes);

}  // namespace bobbin::files
