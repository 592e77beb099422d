#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace bobbin::http::http1 {

/// The second part of every head, behind append_front (response_head.h): the fields that depend on the moment
/// and on the connection, and the empty line. It is prepared as far as it is the same for all responses of a
/// server.
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
