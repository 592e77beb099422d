#include "http/field_name.h"

#include "base/ascii.h"

namespace bobbin::http {
namespace {

FieldName match(std::string_view text, std::string_view spelling, FieldName name) {
  return equals_ignoring_case(text, spelling) ? name : FieldName::other;
}

}  // namespace

// Length and one letter leave at most one candidate, so that an unknown name costs no comparison, a known one
// just one.
FieldName recognize_field_name(std::string_view text) {
  switch (text.size()) {
    case 4: return match(text, "host", FieldName::host);
    case 5: return match(text, "range", FieldName::range);
    case 6:
      if (to_lower(text[0]) == 'a') return match(text, "accept", FieldName::accept);
      return match(text, "expect", FieldName::expect);
    case 7: return match(text, "referer", FieldName::referer);
    case 8:
      if (to_lower(text[3]) == 'm') return match(text, "if-match", FieldName::if_match);
      return match(text, "if-range", FieldName::if_range);
    case 10:
      if (to_lower(text[0]) == 'c') return match(text, "connection", FieldName::connection);
      return match(text, "user-agent", FieldName::user_agent);
    case 12: return match(text, "content-type", FieldName::content_type);
    case 13: return match(text, "if-none-match", FieldName::if_none_match);
    case 14: return match(text, "content-length", FieldName::content_length);
    case 16: return match(text, "content-encoding", FieldName::content_encoding);
    case 17:
      if (to_lower(text[0]) == 't') return match(text, "transfer-encoding", FieldName::transfer_encoding);
      return match(text, "if-modified-since", FieldName::if_modified_since);
    case 19: return match(text, "if-unmodified-since", FieldName::if_unmodified_since);
    default: return FieldName::other;
  }
}

}  // namespace bobbin::http
