#include "http/error_form.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/utf8.h"
#include "http/accept.h"

namespace bobbin::http {
namespace {

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const char c : to_utf8(text)) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default: escaped += c;
    }
  }
  return escaped;
}

/// RFC 8259 §7: quotation mark, reverse solidus and the control characters must be escaped.
std::string escape_json(std::string_view text) {
  std::string escaped;
  for (const char c : to_utf8(text)) {
    if (c == '"' || c == '\\') {
      escaped += '\\';
      escaped += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      escaped += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      escaped += c;
    }
  }
  return escaped;
}

// The colours are those of the browser, light or dark: text and links differ in any case.
constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}"
    "body{max-width:36rem;margin:15vh auto;padding:0 1.25rem;font:1rem/1.5 system-ui,sans-serif;"
    "overflow-wrap:break-word}"
    "h1{margin:0;font-size:1.5rem}"
    "a{display:inline-block;padding:.5rem 0}"
    "hr{margin:2rem 0 1rem;border:0;border-top:1px solid #8888}"
    "em{font-size:.875rem;font-style:normal;opacity:.75}";

std::string page(Status status, std::string_view detail, std::string_view server_name) {
  const std::string title = fmt::format("{} {}", code(status), reason_phrase(status));
  std::string html = fmt::format(
      "<!DOCTYPE html>\n"
      "<html lang=\"en\">\n"
      "<head>\n"
      "<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n"  // without one, browsers ask for /favicon.ico
      "<title>{0}</title>\n"
      "<style>{1}</style>\n"
      "</head>\n"
      "<body>\n"
      "<main>\n"
      "<h1>{0}</h1>\n",
      title, kStyle);
  if (!detail.empty()) html += fmt::format("<p>{}</p>\n", escape_html(detail));
  html +=
      "<a href=\"/\">Go to the start page</a>\n"
      "</main>\n";
  if (!server_name.empty())
    html += fmt::format("<footer><hr><em>{}</em></footer>\n", escape_html(server_name));
  html += "</body>\n</html>\n";
  return html;
}

std::string problem_details(Status status, std::string_view detail) {
  std::string json =
      fmt::format(R"({{"type":"about:blank","title":"{}","status":{})", reason_phrase(status), code(status));
  if (!detail.empty()) json += fmt::format(R"(,"detail":"{}")", escape_json(detail));
  json += "}\n";
  return json;
}

}  // namespace

ErrorForm preferred_error_form(const RequestHead& head) {
  const AcceptedTypes accepted = accepted_types(head);
  return std::max(accepted.json, accepted.problem) > accepted.html ? ErrorForm::problem : ErrorForm::page;
}

void render_error(Response& response, ErrorForm form, std::string_view server_name) {
  switch (form) {
    case ErrorForm::page:
      response.media_type = "text/html; charset=utf-8";
      response.content = page(response.status, response.detail, server_name);
      break;
    case ErrorForm::problem:
      response.media_type = "application/problem+json";
      response.content = problem_details(response.status, response.detail);
      break;
  }
}

}  // namespace bobbin::http
