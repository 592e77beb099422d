#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/response.h"
#include "http/session.h"

namespace bobbin::http {

/// How the client finds the end of the content (RFC 9112 §6.3).
struct NoContent {};  ///< a response of this status never has content
struct ContentLength {
  std::uint64_t bytes;
};
struct Chunked {};
struct UntilClose {};
using Framing = std::variant<NoContent, ContentLength, Chunked, UntilClose>;

/// Appends the first part of the head of a response (RFC 9112 §4, §5; field order of CONTRACT §2), from the
/// status line to the last of the response's own fields. It depends on the response alone.
void append_front(std::string& out, const Response& response, const Framing& framing);

/// Appends the whole head of a 1xx response (RFC 9110 §15.2): a status line and the response's own fields.
void append_interim(std::string& out, const Response& response);

/// Where the first field line stands in what append_front has made.
[[nodiscard]] std::size_t after_status_line(std::string_view front);

/// Finds the field lines in `text` from `begin` on, for a protocol that sends them in another form. Those
/// that concern an HTTP/1 connection alone are left out (RFC 9113 §8.2.2). `lines` is overwritten.
void find_field_lines(std::string_view text, std::size_t begin, std::vector<FieldLine>& lines);

/// Gives the handler a prepared response to keep, if the response is one that can be reused. `front` is what
/// append_front has made of it.
void keep_prepared(Response& response, std::string_view front, const LogFields& log_fields);

}  // namespace bobbin::http
