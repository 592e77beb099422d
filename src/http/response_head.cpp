#include "http/response_head.h"

#include <memory>
#include <utility>

#include "http/number.h"
#include "http/spelling.h"

namespace bobbin::http {
namespace {

// Up to this size it is cheaper to copy content behind its head than to send another piece.
constexpr std::size_t kCopiedBytes = 4096;

void append_status_line(std::string& out, Status status) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::uint64_t>(code(status)));
  out += ' ';
  out += reason_phrase(status);
  out += "\r\n";
}

/// A response has a few of these, so it is worth while that nobody has to copy them.
const char* literal_of(std::string_view name) {
  switch (name.size()) {
    case 4: return is_spelled<"etag">(name) ? "etag" : nullptr;
    case 12: return is_spelled<"content-type">(name) ? "content-type" : nullptr;
    case 13:
      if (is_spelled<"accept-ranges">(name)) return "accept-ranges";
      if (is_spelled<"last-modified">(name)) return "last-modified";
      if (is_spelled<"cache-control">(name)) return "cache-control";
      return is_spelled<"content-range">(name) ? "content-range" : nullptr;
    case 14: return is_spelled<"content-length">(name) ? "content-length" : nullptr;
    case 19: return is_spelled<"content-disposition">(name) ? "content-disposition" : nullptr;
    case 22: return is_spelled<"x-content-type-options">(name) ? "x-content-type-options" : nullptr;
    default: return nullptr;
  }
}

bool concerns_the_connection(std::string_view name) {
  switch (name.size()) {
    case 7: return is_spelled<"upgrade">(name);
    case 10: return is_spelled<"connection">(name) || is_spelled<"keep-alive">(name);
    case 16: return is_spelled<"proxy-connection">(name);
    case 17: return is_spelled<"transfer-encoding">(name);
    default: return false;
  }
}

}  // namespace

void append_interim(std::string& out, const Response& response) {
  append_status_line(out, response.status);
  out.append(response.fields).append("\r\n");
}

void append_front(std::string& out, const Response& response, const Framing& framing) {
  append_status_line(out, response.status);
  if (!response.media_type.empty()) out.append("Content-Type: ").append(response.media_type).append("\r\n");
  if (const auto* length = std::get_if<ContentLength>(&framing)) {
    out += "Content-Length: ";
    append_number(out, length->bytes);
    out += "\r\n";
  }
  if (std::holds_alternative<Chunked>(framing)) out += "Transfer-Encoding: chunked\r\n";
  out += response.fields;
}

std::size_t after_status_line(std::string_view front) { return front.find("\r\n") + 2; }

void find_field_lines(std::string_view text, std::size_t begin, std::vector<FieldLine>& lines) {
  lines.clear();
  while (begin < text.size()) {
    const std::size_t end = text.find("\r\n", begin);
    const std::size_t colon = text.find(':', begin);
    FieldLine line{.begin = static_cast<std::uint32_t>(begin),
                   .name_size = static_cast<std::uint32_t>(colon - begin),
                   .value_size = static_cast<std::uint32_t>(end - colon - 2),
                   .literal = nullptr};
    line.literal = literal_of(line.name_in(text));
    if (!concerns_the_connection(line.name_in(text))) lines.push_back(line);
    begin = end + 2;
  }
}

void keep_prepared(Response& response, std::string_view front, const LogFields& log_fields) {
  const auto length = size_bytes(response.content);
  if (std::holds_alternative<std::unique_ptr<ContentSource>>(response.content) || !length) return;
  PreparedResponse prepared{.status = response.status,
                            .head = std::string(front),
                            .content_length_bytes = *length,
                            .log_fields = log_fields.handler,
                            .detail = log_fields.detail};
  find_field_lines(prepared.head, after_status_line(prepared.head), prepared.lines);
  auto* text = std::get_if<std::string>(&response.content);
  if (text != nullptr && text->size() <= kCopiedBytes)
    prepared.content = *text;
  else if (text != nullptr)
    response.content = prepared.shared_content = std::make_shared<const std::string>(std::move(*text));
  else if (auto* shared = std::get_if<SharedBytes>(&response.content))
    prepared.shared_content = *shared;
  response.keep(std::move(prepared));
}

}  // namespace bobbin::http
