#include "files/multipart.h"

#include <array>
#include <cstddef>
#include <fmt/format.h>

#include "os/random.h"

namespace bobbin::files {
namespace {

// It must not be guessed: a client that can store a file here could write the boundary into it and forge
// parts (RFC 2046 §5.1.1 asks that it occur in no part, and we do not search them).
std::string new_boundary() {
  std::array<std::byte, 16> random;
  os::fill_random(random);
  std::string boundary;
  boundary.reserve(2 * random.size());
  for (const std::byte byte : random)
    fmt::format_to(std::back_inserter(boundary), "{:02x}", std::to_integer<unsigned>(byte));
  return boundary;
}

}  // namespace

std::string content_range(const http::ByteRange& range, std::uint64_t size_bytes) {
  return fmt::format("bytes {}-{}/{}", range.offset, range.offset + range.length - 1, size_bytes);
}

Multipart byteranges(const std::vector<http::ByteRange>& ranges, std::string_view media_type,
                     std::uint64_t size_bytes) {
  const std::string boundary = new_boundary();
  Multipart multipart{.media_type = "multipart/byteranges; boundary=" + boundary, .parts = {}, .end = {}};
  multipart.parts.reserve(ranges.size());
  std::string_view
      line_end;  // RFC 2046 §5.1.1: the CRLF in front of a boundary belongs to it; the first needs none
  for (const http::ByteRange& range : ranges) {
    multipart.parts.push_back(
        {.before = fmt::format("{}--{}\r\nContent-Type: {}\r\nContent-Range: {}\r\n\r\n", line_end, boundary,
                               media_type, content_range(range, size_bytes)),
         .range = range});
    line_end = "\r\n";
  }
  multipart.end = fmt::format("\r\n--{}--\r\n", boundary);
  return multipart;
}

}  // namespace bobbin::files
