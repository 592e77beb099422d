#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "http/response.h"

namespace bobbin::http::http1 {

/// How the client finds the end of the content (RFC 9112 §6.3).
struct NoContent {};  ///< a response of this status never has content
struct ContentLength {
  std::uint64_t bytes;
};
struct Chunked {};
struct UntilClose {};
using Framing = std::variant<NoContent, ContentLength, Chunked, UntilClose>;

/// Appends the first part of the head of a response (RFC 9112 §4, §5; field order of CONTRACT §2), from the
/// status line to the last of the response's own fields. It depends on the response alone. ResponseBack is
/// the second part.
void append_front(std::string& out, const Response& response, const Framing& framing);

/// Appends the whole head of a 1xx response (RFC 9110 §15.2): a status line and the response's own fields.
void append_interim(std::string& out, const Response& response);

/// The second part of every head: the fields that depend on the moment and on the connection, and the empty
/// line. It is prepared as far as it is the same for all responses of a server.
class ResponseBack {
 public:
  /// `server_name` is the value of the Server field, which is left out when that is empty. A response that
  /// keeps the connection tells the client `keep_alive_timeout`, unless that is 0 (less than a second), and
  /// how many requests are left, when there is a limit.
  ResponseBack(std::string_view server_name, seconds keep_alive_timeout, bool has_request_limit);

  /// `date_field` is "Date: …\r\n".
  void append_keeping(std::string& out, std::string_view date_field, unsigned requests_left) const;
  void append_closing(std::string& out, std::string_view date_field) const;

 private:
  bool has_request_limit_;
  std::string keeping_;  // the text up to the number of requests left, if that is told
  std::string closing_;
};

}  // namespace bobbin::http::http1
