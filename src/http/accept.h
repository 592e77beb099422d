#pragma once

#include <optional>
#include <string_view>

#include "http/request_head.h"

namespace bobbin::http {

/// Weights are counted in thousandths (RFC 9110 §12.4.2: at most three decimals).
inline constexpr int kFullWeight = 1000;
/// qvalue: "0" or "1", perhaps with up to three decimals, which for "1" are zeros. Nothing: malformed.
[[nodiscard]] std::optional<int> parse_weight(std::string_view text);

/// How much a client wants the media types between which a response can choose, from its Accept fields (RFC
/// 9110 §12.5.1). 0: not at all, or there is no such field, or it is malformed.
struct AcceptedTypes {
  int html = 0;
  int json = 0;
  int problem = 0;          ///< application/problem+json
  bool names_html = false;  ///< text/html itself, not a range that covers it: a browser that shows a page
};
[[nodiscard]] AcceptedTypes accepted_types(const RequestHead& head);

/// The same of any media type in lower case, such as "text/event-stream". kFullWeight: there is no such field
/// (RFC 9110 §12.5.1: any type is acceptable then). Nothing: it is malformed.
[[nodiscard]] std::optional<int> weight_of(const RequestHead& head, std::string_view media_type);

/// Whether application/json has a higher weight than text/html.
[[nodiscard]] inline bool prefers_json(const RequestHead& head) {
  const AcceptedTypes accepted = accepted_types(head);
  return accepted.json > accepted.html;
}

}  // namespace bobbin::http
