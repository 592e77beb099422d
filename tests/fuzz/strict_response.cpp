#include "strict_response.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "base/ascii.h"
#include "base/assert.h"
#include "http/field_syntax.h"

namespace bobbin::fuzz {
namespace {

bool is_field_value(std::string_view value) {
  const auto is_visible = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F; };
  return !value.empty() && value == trim(value) && std::all_of(value.begin(), value.end(), is_visible);
}

/// Counts the fields that decide something, and checks all.
struct FieldReader {
  std::optional<std::uint64_t> content_length;
  std::optional<std::string_view> connection;
  bool is_chunked = false;
  int dates = 0;
  int keep_alives = 0;

  void read(std::string_view line) {
    const std::size_t colon = line.find(": ");
    ASSERT(colon != std::string_view::npos);
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 2);
    ASSERT(http::is_token(name) && is_field_value(value));
    if (name == "Transfer-Encoding") {
      ASSERT(!is_chunked && value == "chunked");
      is_chunked = true;
    }
    if (name == "Date") ++dates;
    if (name == "Keep-Alive") ++keep_alives;
    if (name == "Connection") {
      ASSERT(!connection && (value == "keep-alive" || value == "close"));
      connection = value;
    }
    if (name == "Content-Length") {
      std::uint64_t length = 0;
      const auto end = std::from_chars(value.data(), value.data() + value.size(), length);
      ASSERT(!content_length && end.ec == std::errc() && end.ptr == value.data() + value.size());
      content_length = length;
    }
  }
};

int read_status_line(std::string_view line) {
  ASSERT(line.starts_with("HTTP/1.1 ") && line.size() > 13 && line[12] == ' ');
  const std::string_view digits = line.substr(9, 3);
  ASSERT(std::all_of(digits.begin(), digits.end(), is_digit) && digits[0] >= '1' && digits[0] <= '5');
  ASSERT(is_field_value(line.substr(13)) && line.substr(13) != "Unknown");
  return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
}

/// RFC 9112 §7.1, as strict as it can be read: no extension, no trailer. False: it is cut short.
bool read_chunks(std::string_view text, StrictResponse& response) {
  while (true) {
    const std::size_t line = text.find("\r\n", response.size_bytes);
    if (line == std::string_view::npos) return false;
    const std::string_view digits = text.substr(response.size_bytes, line - response.size_bytes);
    std::uint64_t size = 0;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    ASSERT(!digits.empty() && end.ec == std::errc() && end.ptr == digits.data() + digits.size());
    if (text.size() - line < 2 + size + 2) return false;
    response.content += text.substr(line + 2, size);
    ASSERT(text.substr(line + 2 + size, 2) == "\r\n");
    response.size_bytes = line + 2 + size + 2;
    if (size == 0) return true;
  }
}

}  // namespace

std::optional<StrictResponse> read_response(std::string_view text, bool to_head) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view head = text.substr(0, end + 2);
  const auto take_line = [&head] {
    const std::size_t size = head.find("\r\n");
    const std::string_view line = head.substr(0, size);
    head.remove_prefix(size + 2);
    return line;
  };
  StrictResponse response{.status = read_status_line(take_line()), .size_bytes = end + 4};
  FieldReader fields;
  while (!head.empty()) fields.read(take_line());

  if (response.status < 200) {
    ASSERT(response.status == 100 && !fields.content_length && !fields.connection);
    response.keeps_connection = true;
    return response;
  }
  // RFC 9110 §8.6: no Content-Length in a 204; in all others it is what frames the content.
  const bool has_no_content = response.status == 204 || response.status == 304;
  ASSERT(fields.dates == 1 && fields.connection);
  response.keeps_connection = fields.connection == "keep-alive";
  ASSERT(!has_no_content || (!fields.content_length && !fields.is_chunked));
  ASSERT(!fields.content_length || !fields.is_chunked);
  // Only the end of the connection is left to end the content.
  const bool is_until_close = !has_no_content && !fields.content_length && !fields.is_chunked;
  ASSERT(!is_until_close || !response.keeps_connection);
  ASSERT(fields.keep_alives == (response.keeps_connection ? 1 : 0));
  if (has_no_content || to_head) return response;
  if (fields.is_chunked) return read_chunks(text, response) ? std::optional(response) : std::nullopt;
  if (is_until_close) {
    response.content = text.substr(response.size_bytes);
    response.size_bytes = text.size();
    return response;
  }
  if (*fields.content_length > text.size() - response.size_bytes) return std::nullopt;
  response.content = text.substr(response.size_bytes, *fields.content_length);
  response.size_bytes += response.content.size();
  return response;
}

}  // namespace bobbin::fuzz
