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

/// Appends the response's head (RFC 9112 §4, §5), the final empty line included, in the field order of
/// CONTRACT §2.
void append_head(std::string& out, const Response& response, const ResponseFrame& frame);

}  // namespace bobbin::http::http1
