#pragma once

#include "http/request_head.h"

namespace bobbin::files {

/// What of a request decides whether the cache can answer it.
struct Conditions {
  /// Another method than GET and HEAD, a range, a digest, or content that must be read.
  bool needs_the_file = false;
  bool has_preconditions = false;  ///< RFC 9110 §13.1, without If-Range, which is one of a range
};

[[nodiscard]] inline Conditions conditions_of(const http::RequestHead& head) {
  using Framing = http::ContentFraming::Kind;
  const http::Fields& fields = head.fields;
  const bool has_content = head.framing.kind == Framing::chunked || head.framing.length_bytes > 0;
  const bool is_get = head.method == http::Method::get;
  return {.needs_the_file = (!is_get && head.method != http::Method::head) || has_content ||
                            (is_get && fields.has(http::FieldName::range)) ||
                            fields.has(http::FieldName::want_repr_digest),
          .has_preconditions = fields.has(http::FieldName::if_match) ||
                               fields.has(http::FieldName::if_none_match) ||
                               fields.has(http::FieldName::if_modified_since) ||
                               fields.has(http::FieldName::if_unmodified_since)};
}

}  // namespace bobbin::files
