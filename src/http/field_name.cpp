#include "http/field_name.h"

#include "http/spelling.h"

namespace bobbin::http {

// Length and one letter leave at most one candidate, so that an unknown name costs no comparison, a known one
// just one.
FieldName recognize_field_name(std::string_view text) {
  using enum FieldName;
  switch (text.size()) {
    case 4: return is_spelled<"host">(text) ? host : other;
    case 5: return is_spelled<"range">(text) ? range : other;
    case 6:
      if (is_spelled<"accept">(text)) return accept;
      return is_spelled<"expect">(text) ? expect : other;
    case 7: return is_spelled<"referer">(text) ? referer : other;
    case 8:
      if (is_spelled<"if-range">(text)) return if_range;
      return is_spelled<"if-match">(text) ? if_match : other;
    case 10:
      if (is_spelled<"connection">(text)) return connection;
      return is_spelled<"user-agent">(text) ? user_agent : other;
    case 11:
      if (is_spelled<"repr-digest">(text)) return repr_digest;
      return is_spelled<"traceparent">(text) ? traceparent : other;
    case 12: return is_spelled<"content-type">(text) ? content_type : other;
    case 13:
      if (is_spelled<"if-none-match">(text)) return if_none_match;
      return is_spelled<"authorization">(text) ? authorization : other;
    case 14:
      if (is_spelled<"content-length">(text)) return content_length;
      return is_spelled<"content-digest">(text) ? content_digest : other;
    case 15: return is_spelled<"accept-encoding">(text) ? accept_encoding : other;
    case 16:
      if (is_spelled<"content-encoding">(text)) return content_encoding;
      return is_spelled<"want-repr-digest">(text) ? want_repr_digest : other;
    case 17:
      if (is_spelled<"transfer-encoding">(text)) return transfer_encoding;
      return is_spelled<"if-modified-since">(text) ? if_modified_since : other;
    case 19: return is_spelled<"if-unmodified-since">(text) ? if_unmodified_since : other;
    default: return other;
  }
}

}  // namespace bobbin::http
