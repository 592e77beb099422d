#include "http/accept.h"

#include <algorithm>
#include <span>

#include "base/ascii.h"
#include "http/field_syntax.h"

namespace bobbin::http {
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

namespace {

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
  /// Whether a range names the type itself.
  [[nodiscard]] bool is_named() const { return specificity_ == kNamed; }

 private:
  static constexpr int kNotCovered = 0;
  static constexpr int kNamed = 3;

  // Parameters of a range are passed over: each of the types here exists in one form only.
  [[nodiscard]] int covered_by(std::string_view type, std::string_view subtype) const {
    if (type == "*") return 1;
    if (!equals_ignoring_case(type, type_)) return kNotCovered;
    if (subtype == "*") return 2;
    return equals_ignoring_case(subtype, subtype_) ? kNamed : kNotCovered;
  }

  std::string_view type_;
  std::string_view subtype_;
  int specificity_ = kNotCovered;
  int weight_ = 0;
};

using Preferences = std::span<Preference* const>;

/// One media range with its weight. False when malformed.
bool read_element(FieldValueReader& reader, Preferences preferences) {
  const std::string_view type = reader.token();
  if (type.empty() || !reader.skip('/')) return false;
  const std::string_view subtype = reader.token();
  if (subtype.empty() || (type == "*" && subtype != "*")) return false;
  std::optional<int> weight = kFullWeight;
  const bool well_formed = reader.parameters([&weight](std::string_view name, std::string_view value) {
    if (equals_ignoring_case(name, "q")) weight = parse_weight(value);
  });
  if (!well_formed || !weight || !reader.at_element_end()) return false;
  for (Preference* preference : preferences) preference->consider(type, subtype, *weight);
  return true;
}

/// False: Accept is malformed.
bool read_accept(const RequestHead& head, Preferences preferences) {
  for (const Field& field : head.fields.lines()) {
    if (field.name != FieldName::accept) continue;
    FieldValueReader reader(field.value);
    for (reader.skip_to_element(); !reader.at_end(); reader.skip_to_element())
      if (!read_element(reader, preferences)) return false;
  }
  return true;
}

}  // namespace

AcceptedTypes accepted_types(const RequestHead& head) {
  Preference html{"text", "html"};
  Preference json{"application", "json"};
  Preference problem{"application", "problem+json"};
  Preference* const all[] = {&html, &json, &problem};
  if (!read_accept(head, all)) return {};
  return {.html = html.weight(),
          .json = json.weight(),
          .problem = problem.weight(),
          .names_html = html.is_named() && html.weight() > 0};
}

std::optional<int> weight_of(const RequestHead& head, std::string_view media_type) {
  if (!head.fields.has(FieldName::accept)) return kFullWeight;
  const std::size_t slash = media_type.find('/');
  Preference preference{media_type.substr(0, slash), media_type.substr(slash + 1)};
  Preference* const all[] = {&preference};
  if (!read_accept(head, all)) return std::nullopt;
  return preference.weight();
}

}  // namespace bobbin::http
