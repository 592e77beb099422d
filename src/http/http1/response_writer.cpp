#include "http/http1/response_writer.h"

#include <cstdint>

#include "http/number.h"

namespace bobbin::http::http1 {

ResponseBack::ResponseBack(std::string_view server_name, seconds keep_alive_timeout, bool has_request_limit)
    : has_request_limit_(has_request_limit) {
  std::string server;
  if (!server_name.empty()) server.append("Server: ").append(server_name).append("\r\n");
  closing_ = server + "Connection: close\r\n\r\n";
  keeping_ = server + "Connection: keep-alive\r\n";
  const bool says_time = keep_alive_timeout.count() > 0;
  if (says_time || has_request_limit) keeping_ += "Keep-Alive: ";
  if (says_time) {
    keeping_ += "timeout=";
    append_number(keeping_, static_cast<std::uint64_t>(keep_alive_timeout.count()));
    keeping_ += has_request_limit ? ", " : "\r\n";
  }
  keeping_ += has_request_limit ? "max=" : "\r\n";
}

void ResponseBack::append_keeping(std::string& out, std::string_view date_field,
                                  unsigned requests_left) const {
  out += date_field;
  out += keeping_;
  if (!has_request_limit_) return;
  append_number(out, requests_left);
  out += "\r\n\r\n";
}

void ResponseBack::append_closing(std::string& out, std::string_view date_field) const {
  out += date_field;
  out += closing_;
}

}  // namespace bobbin::http::http1
