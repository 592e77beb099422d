#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http_client/client.h"
#include "journal/entry.h"
#include "signatures/standard_signer.h"

// What is sent of a record to another server.
namespace bobbin::inbox {

using http_client::Field;

/// What a record says that is passed on.
struct ForwardedRecord {
  std::string id;
  std::string content;        ///< the document, byte for byte
  bool is_binary = false;     ///< it need be no JSON
  std::vector<Field> fields;  ///< that were kept of its request; names in lower case
};
/// Of a record that has its document.
[[nodiscard]] ForwardedRecord forwarded_record(const journal::ReadEntry& read);

/// The fields of the request with which a record is sent at this moment. Those of `own` come last, and take
/// the place of fields of the same name that were kept. `signer`: null means no signature.
[[nodiscard]] std::vector<Field> request_fields(const ForwardedRecord& record, const std::vector<Field>& own,
                                                const signatures::StandardSigner* signer, WallTime now);

inline constexpr std::size_t kMostOwnFields = 20;

/// A field of the operator's own, "Name: value". Refused where the name is that of a field which
/// request_fields sets, or which belongs to the connection. The error is the end of a sentence that has the
/// name at most, since the value may be a secret.
[[nodiscard]] Result<Field, std::string> parse_own_field(std::string_view text);

/// A file of such fields: a line for each, without empty lines and those that begin with '#'. The error is
/// the end of a sentence, such as "line 3 is not allowed: …".
[[nodiscard]] Result<std::vector<Field>, std::string> parse_own_fields(std::string_view text);

}  // namespace bobbin::inbox
