#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/response.h"

namespace bobbin::http::http1 {

/// What the connection adds to a response.
struct ResponseFrame {
  std::string_view date_field;   ///< "Date: …\r\n"
  std::string_view server_name;  ///< of the Server field; empty: no such field
  bool keeps_connection = false;
  seconds keep_alive_timeout{};  ///< said when the connection is kept
  unsigned requests_left = 0;    ///< said when the connection is kept and there is a limit
  bool has_request_limit = false;
};

/// The head of a response (RFC 9112 §4, §5) in two parts, in the field order of CONTRACT §2. The front
/// depends on the response alone: status line to X-Content-Type-Options. The back is what the moment and the
/// connection add, and the empty line.
void append_front(std::string& out, const Response& response);
void append_back(std::string& out, const ResponseFrame& frame);

}  // namespace bobbin::http::http1
