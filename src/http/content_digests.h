#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/request_head.h"

// What a request says of the digest of its content: Content-Digest and Repr-Digest (RFC 9530).
namespace bobbin::http {

/// The algorithms of RFC 9530 §5 that are not deprecated.
enum class DigestAlgorithm : std::uint8_t { sha256, sha512 };

/// As in the fields: "sha-256".
[[nodiscard]] std::string_view name_of(DigestAlgorithm algorithm);

struct ContentDigest {
  std::string_view field;  ///< Content-Digest or Repr-Digest; static
  DigestAlgorithm algorithm{};
  std::string bytes;  ///< as many as the algorithm makes
  friend bool operator==(const ContentDigest&, const ContentDigest&) = default;
};

/// The digests that a request names, at most one of each algorithm in each field. Other algorithms are passed
/// over, as RFC 9530 §2 says. Both fields are about the same bytes: those of the content as it came, decoded
/// from its transfer coding alone. The failure is a sentence for the client: a field is not a Dictionary of
/// Byte Sequences (RFC 9651 §3.2, §3.3.5).
[[nodiscard]] Result<std::vector<ContentDigest>, std::string> content_digests_of(const Fields& fields);

}  // namespace bobbin::http
