#include "uploads/inbox_page.h"

#include <fmt/format.h>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/html.h"
#include "crypto/sha256.h"
#include "uploads/inbox_page_script.h"
#include "uploads/inbox_page_style.h"

namespace bobbin::uploads {
namespace {

/// What the script may send, the most usual first, and what a person calls it.
struct Sendable {
  std::string_view word;
  std::string_view title;
};

std::vector<Sendable> sendable(const ContentTypes& types) {
  std::vector<Sendable> found;
  if (types.json) found.push_back({"json", "JSON"});
  if (types.lines) found.push_back({"lines", "lines of JSON (.ndjson)"});
  if (types.batch) found.push_back({"batch", "batches of CloudEvents"});
  if (types.any) found.push_back({"any", "any other file"});
  return found;
}

/// Of a form that a browser can send by itself. Empty: it cannot.
std::string_view form_type(const InboxPageSettings& settings) {
  if (settings.unwrap.empty() || settings.asks_for_token) return "";
  if (settings.types.form) return "application/x-www-form-urlencoded";
  return settings.types.multipart ? "multipart/form-data" : "";
}

std::string_view why_it_needs_a_script(const InboxPageSettings& settings) {
  return settings.asks_for_token ? "a form cannot send a token"
                                 : "this inbox takes no forms that hold a document";
}

void append_attribute(std::string& text, std::string_view name, std::string_view value) {
  text.append(" ").append(name).append("=\"");
  append_html(text, value);
  text += '"';
}

std::string page(const InboxPageSettings& settings) {
  std::string text =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n<title>Send "
      "to ";
  append_html(text, settings.name);
  text.append("</title>\n<style>").append(kInboxPageStyle).append("</style>\n</head>\n<body>\n<main");
  const std::vector<Sendable> sendable_types = sendable(settings.types);
  std::string words;
  std::string titles;
  for (const Sendable& each : sendable_types) {
    const bool is_last = &each == &sendable_types.back();
    words.append(words.empty() ? "" : " ").append(each.word);
    titles.append(titles.empty() ? "" : is_last ? " and " : ", ").append(each.title);
  }
  append_attribute(text, "data-path", settings.path);
  append_attribute(text, "data-takes", words);
  append_attribute(text, "data-largest", std::to_string(settings.most_bytes));
  append_attribute(text, "data-most", settings.most);
  text += ">\n<h1>Send to ";
  append_html(text, settings.name);
  text.append("</h1>\n<p>It takes ")
      .append(titles)
      .append(", at most ")
      .append(settings.most)
      .append(" each.</p>\n<form");
  const std::string_view type = form_type(settings);
  if (!type.empty()) {
    text += " method=\"post\"";
    append_attribute(text, "action", settings.path);
    append_attribute(text, "enctype", type);
  }
  text += ">\n";
  if (settings.asks_for_token)
    text +=
        "<label for=\"token\">Token</label>\n<input id=\"token\" type=\"password\" autocomplete=\"off\">\n";
  text +=
      "<label for=\"text\">Document</label>\n<textarea id=\"text\" rows=\"8\" spellcheck=\"false\" "
      "autocapitalize=\"off\" "
      "autocomplete=\"off\" aria-describedby=\"fault\"";
  if (!type.empty()) append_attribute(text, "name", settings.unwrap);
  text += "></textarea>\n<p id=\"fault\" role=\"alert\" hidden></p>\n<button";
  if (type.empty()) text += " disabled";
  text +=
      ">Send</button>\n<input id=\"files\" type=\"file\" multiple disabled>\n"
      "<label id=\"drop\" for=\"files\" hidden>Drop files here, or <u>choose files</u>: each is sent at "
      "once.</label>\n"
      "</form>\n";
  if (type.empty())
    text.append("<noscript><p>This page needs JavaScript, since ")
        .append(why_it_needs_a_script(settings))
        .append(".</p></noscript>\n");
  text.append("<ol id=\"sent\" aria-live=\"polite\"></ol>\n</main>\n<script>")
      .append(kInboxPageScript)
      .append("</script>\n</body>\n</html>\n");
  return text;
}

}  // namespace

InboxPage::InboxPage(const InboxPageSettings& settings)
    : text_(page(settings)),
      says_no_cache_(settings.says_no_cache),
      content_security_policy_("default-src 'none'; style-src " +
                               hash_source(as_text(crypto::sha256(kInboxPageStyle))) + "; script-src " +
                               hash_source(as_text(crypto::sha256(kInboxPageScript))) +
                               "; connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
                               "frame-ancestors 'self'") {}

bool InboxPage::can_send(const ContentTypes& types) { return !sendable(types).empty(); }

http::Begin InboxPage::begin(const http::Request& request) const {
  using http::Method;
  if (request.head.method == Method::options) {
    http::Response response;
    response.status = http::Status::no_content;
    response.add_field("Allow", "GET, HEAD, OPTIONS");
    return response;
  }
  if (request.head.method != Method::get && request.head.method != Method::head) {
    http::Response response = http::Response::error(http::Status::method_not_allowed,
                                                    "This is the page of an inbox, and not the inbox.");
    response.add_field("Allow", "GET, HEAD, OPTIONS");
    return response;
  }
  http::Response response = http::Response::with_content(http::Status::ok, "text/html; charset=utf-8", text_);
  if (says_no_cache_) response.add_field("Cache-Control", "no-cache");
  response.add_field("Content-Security-Policy", content_security_policy_);
  response.add_field("Referrer-Policy", "no-referrer");
  return response;
}

}  // namespace bobbin::uploads
