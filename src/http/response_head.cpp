#include "http/response_head.h"

#include <memory>
#include <utility>

#include "http/number.h"

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

void keep_prepared(Response& response, std::string_view front, const LogFields& log_fields) {
  const auto length = size_bytes(response.content);
  if (std::holds_alternative<std::unique_ptr<ContentSource>>(response.content) || !length) return;
  PreparedResponse prepared{.status = response.status,
                            .head = std::string(front),
                            .content_length_bytes = *length,
                            .log_fields = log_fields.handler,
                            .detail = log_fields.detail};
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
