#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "http/request_head.h"

namespace bobbin::uploads {

/// How content is read.
enum class ContentType : std::uint8_t {
  json,  ///< application/json, or a type with the suffix +json (RFC 6839 §3.1)
  form,  ///< application/x-www-form-urlencoded
  text,  ///< text/plain that holds JSON
  /// application/reports+json (W3C Reporting API §3.3) or application/csp-report (CSP Level 3 §5.3)
  reports,
  multipart,  ///< multipart/form-data: a form, too
  lines,      ///< application/x-ndjson, and other names of it: a document in each line
  batch,      ///< application/cloudevents-batch+json (CloudEvents 1.0): an array of documents
  any,        ///< of every type, or none: nothing is looked at
};

/// Which types of content are taken.
struct ContentTypes {
  bool json = true;
  bool json_suffix = false;  ///< with `json`: types that end in +json, too
  bool form = false;
  bool text = false;
  bool reports = false;
  bool multipart = false;
  bool lines = false;
  bool batch = false;
  bool any = false;  ///< what the others do not take

  /// Of a request; nothing: it names none that is taken, or several.
  [[nodiscard]] std::optional<ContentType> of(const http::Fields& fields) const;
  /// The beginning of a sentence: `Only application/json is`, `Only application/json and text/plain are`.
  [[nodiscard]] std::string sentence() const;
  /// The value of Accept-Post (W3C Linked Data Platform §7.1), which has no way to name a suffix.
  [[nodiscard]] std::string accept_post() const;
};

/// Whether it is the form of a page, whose fields become one document.
[[nodiscard]] constexpr bool is_form(ContentType type) {
  return type == ContentType::form || type == ContentType::multipart;
}

/// Whether it is of a type in which browsers send the forms of pages (HTML Standard, "enctype"), taken or
/// not.
[[nodiscard]] bool is_sent_by_form(const http::Fields& fields);

/// Whether it is several documents, of which all are kept or none.
[[nodiscard]] constexpr bool is_bundle(ContentType type) {
  return type == ContentType::lines || type == ContentType::batch;
}

/// Whether browsers send such a request to another origin without asking its server first: because of its
/// Content-Type (Fetch Standard, "CORS-safelisted request-header"), or since it is a report of a page's
/// content security policy.
[[nodiscard]] bool is_sent_unasked(const http::Fields& fields);

}  // namespace bobbin::uploads
