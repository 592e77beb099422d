#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/content_coding.h"
#include "http/handler.h"
#include "signatures/scheme.h"

namespace bobbin::uploads {

/// Which fields of a request are kept with its document: some always, and what an operator adds. Never those
/// that hold a secret. Immutable.
class KeptFields {
 public:
  static constexpr std::size_t kMostBytes = 8UL * 1024;  ///< of names and values together

  KeptFields() = default;
  /// `patterns`: names in lower case; one that ends with `*` stands for all names that begin so. `secret`:
  /// names of fields that hold a secret.
  KeptFields(std::vector<std::string> patterns, std::vector<std::string> secret);

  /// `name` in lower case.
  [[nodiscard]] bool has(std::string_view name) const;

 private:
  std::vector<std::string> patterns_;
  std::vector<std::string> secret_;
};

/// What a record says of its request, as a JSON object: the address of the client, method, target, who has
/// proven to ask, whether it was a form, its content coding, what was verified, why it is in quarantine, and
/// the fields that are kept, in their order, with names in lower case. What is not UTF-8 is replaced by
/// U+FFFD. A target, a sender's id or a reason that is too long is cut, and the record says so. So the text
/// is never longer than store::Particulars::kLargestRequestBytes.
class RequestRecord {
 public:
  static constexpr std::size_t kMostTargetBytes = 4096;
  static constexpr std::size_t kMostIdBytes = 1024;
  static constexpr std::size_t kMostReasonBytes = 1024;

  /// What has been done to the content, so that the document is not what was received.
  struct Reading {
    http::ContentCoding coding = http::ContentCoding::identity;  ///< from which it was decoded
    bool is_form = false;                                        ///< the document was made of a form
  };

  RequestRecord(const http::Request& request, const KeptFields& kept, Reading reading);
  RequestRecord(const http::Request& request, const KeptFields& kept)
      : RequestRecord(request, kept, Reading()) {}
  /// `invalid`: why no document could be made of the content, so that the record has that as it came; empty:
  /// there is a document.
  [[nodiscard]] std::string text(const std::optional<signatures::Verified>& verified,
                                 std::string_view invalid = {}) const;

 private:
  std::string start_;   // without the brace at its end
  std::string fields_;  // a member, with a comma before it
};

}  // namespace bobbin::uploads
