#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "http/response.h"

namespace bobbin::http::http1 {

/// How the client finds the end of the content (RFC 9112 §6.3).
struct NoContent {};  ///< the status never has any
struct ContentLength {
  std::uint64_t bytes;
};
struct Chunked {};
struct UntilClose {};
using Framing = std::variant<NoContent, ContentLength, Chunked, UntilClose>;

/// The first part of the head of a response (RFC 9112 §4, §5; field order of CONTRACT §2), which depends on
/// the response alone: status line to the last of its own fields. ResponseBack is the second.
void append_front(std::string& out, const Response& response, const Framing& framing);

/// The whole head of a 1xx answer (RFC 9110 §15.2): a status line and the response's own fields.
void append_interim(std::string& out, const Response& response);

/// The second part of every head: what the moment and the connection add, and the empty line. Prepared as far
/// as it is the same for all answers of a server.
class ResponseBack {
 public:
  /// `server_name`: of the Server field; empty: no such field. `keep_alive_timeout` is said when a connection
  /// is kept, unless it is 0 (less than a second), and how many requests are left when there is a limit.
  ResponseBack(std::string_view server_name, seconds keep_alive_timeout, bool has_request_limit);

  /// `date_field`: "Date: …\r\n".
  void append_keeping(std::string& out, std::string_view date_field, unsigned requests_left) const;
  void append_closing(std::string& out, std::string_view date_field) const;

 private:
  bool has_request_limit_;
  std::string keeping_;  // up to the number of requests left, if that is said
  std::string closing_;
};

}  // namespace bobbin::http::http1
