#include "http/http1/response_writer.h"

#include <charconv>
#include <cstdint>

namespace bobbin::http::http1 {
namespace {

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_connection(std::string& out, const ResponseFrame& frame) {
  if (!frame.keeps_connection) {
    out += "Connection: close\r\n";
    return;
  }
  out += "Connection: keep-alive\r\nKeep-Alive: timeout=";
  append_number(out, static_cast<std::uint64_t>(frame.keep_alive_timeout.count()));
  if (frame.has_request_limit) {
    out += ", max=";
    append_number(out, frame.requests_left);
  }
  out += "\r\n";
}

}  // namespace

void append_front(std::string& out, const Response& response) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(code(response.status)));
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\n";
  if (!response.media_type.empty()) out.append("Content-Type: ").append(response.media_type).append("\r\n");
  if (!never_has_content(response.status)) {
    out += "Content-Length: ";
    append_number(out, size_bytes(response.content));
    out += "\r\n";
  }
  out += response.fields;
  out += "X-Content-Type-Options: nosniff\r\n";
}

void append_back(std::string& out, const ResponseFrame& frame) {
  out += frame.date_field;
  if (!frame.server_name.empty()) out.append("Server: ").append(frame.server_name).append("\r\n");
  append_connection(out, frame);
  out += "\r\n";
}

}  // namespace bobbin::http::http1
