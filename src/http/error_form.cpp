#include "http/error_form.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "base/ascii.h"
#include "base/utf8.h"
#include "http/field_syntax.h"

namespace bobbin::http {
namespace {

// Weights in thousandths (RFC 9110 §12.4.2: at most three decimals).
constexpr int kFullWeight = 1000;

/// qvalue: "0" or "1", perhaps with up to three decimals, which for "1" are zeros.
std::optional<int> parse_weight(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = (text[0] - '0') * kFullWeight;
  int place = kFullWeight / 10;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (!is_digit(c)) return std::nullopt;
    weight += (c - '0') * place;
    place /= 10;
  }
  if (weight > kFullWeight) return std::nullopt;
  return weight;
}

/// How much the client wants one media type. The most specific range that covers the type decides (RFC 9110
/// §12.5.1).
class Preference {
 public:
  Preference(std::string_view type, std::string_view subtype) : type_(type), subtype_(subtype) {}

  void consider(std::string_view type, std::string_view subtype, int weight) {
    const int specificity = covered_by(type, subtype);
    if (specificity == kNotCovered || specificity < specificity_) return;
    weight_ = specificity == specificity_ ? std::max(weight_, weight) : weight;
    specificity_ = specificity;
  }
  /// 0, "not acceptable", where no range covers the type.
  [[nodiscard]] int weight() const { return weight_; }

 private:
  static constexpr int kNotCovered = 0;

  // Parameters of a range are passed over: each of the types here exists in one form only.
  [[nodiscard]] int covered_by(std::string_view type, std::string_view subtype) const {
    if (type == "*") return 1;
    if (!equals_ignoring_case(type, type_)) return kNotCovered;
    if (subtype == "*") return 2;
    return equals_ignoring_case(subtype, subtype_) ? 3 : kNotCovered;
  }

  std::string_view type_;
  std::string_view subtype_;
  int specificity_ = kNotCovered;
  int weight_ = 0;
};

struct Preferences {
  Preference html{"text", "html"};
  Preference json{"application", "json"};
  Preference problem{"application", "problem+json"};

  /// One media range with its weight. False when malformed.
  bool read_element(FieldValueReader& reader) {
    const std::string_view type = reader.token();
    if (type.empty() || !reader.skip('/')) return false;
    const std::string_view subtype = reader.token();
    if (subtype.empty() || (type == "*" && subtype != "*")) return false;
    std::optional<int> weight = kFullWeight;
    const bool well_formed = reader.parameters([&weight](std::string_view name, std::string_view value) {
      if (equals_ignoring_case(name, "q")) weight = parse_weight(value);
    });
    if (!well_formed || !weight || !reader.at_element_end()) return false;
    for (Preference* preference : {&html, &json, &problem}) preference->consider(type, subtype, *weight);
    return true;
  }
};

/// Nothing: Accept is malformed.
std::optional<Preferences> preferences_of(const RequestHead& head) {
  Preferences preferences;
  for (const Field& field : head.fields.lines()) {
    if (field.name != FieldName::accept) continue;
    FieldValueReader reader(field.value);
    for (reader.skip_to_element(); !reader.at_end(); reader.skip_to_element())
      if (!preferences.read_element(reader)) return std::nullopt;
  }
  return preferences;
}

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

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}";

std::string page(Status status, std::string_view detail, std::string_view server_name) {
  const std::string title = fmt::format("{} {}", code(status), reason_phrase(status));
  std::string html = fmt::format(
      "<!DOCTYPE html>\n"
      "<html lang=\"en\">\n"
      "<head>\n"
      "<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n"  // without one, browsers ask for /favicon.ico
      "<title>{0}</title>\n"
      "<style>{1}</style>\n"
      "</head>\n"
      "<body>\n"
      "<h1>{0}</h1>\n",
      title, kStyle);
  if (!detail.empty()) html += fmt::format("<p>{}</p>\n", escape_html(detail));
  if (!server_name.empty()) html += fmt::format("<hr>\n<p><em>{}</em></p>\n", escape_html(server_name));
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
  const auto preferences = preferences_of(head);
  if (!preferences) return ErrorForm::page;
  const int problem = std::max(preferences->json.weight(), preferences->problem.weight());
  return problem > preferences->html.weight() ? ErrorForm::problem : ErrorForm::page;
}

bool prefers_json(const RequestHead& head) {
  const auto preferences = preferences_of(head);
  return preferences && preferences->json.weight() > preferences->html.weight();
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
