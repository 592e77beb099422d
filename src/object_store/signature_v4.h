#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crypto/sha256.h"
#include "http_client/client.h"

namespace bobbin::object_store {

/// What proves who sends a request.
struct Credentials {
  std::string key_id;
  std::string secret;
  std::string session_token = {};  ///< of temporary ones; else empty
  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// A request that is to be signed.
struct Unsigned {
  std::string_view method;
  std::string_view host;   ///< as the field Host has it
  std::string_view path;   ///< percent-encoded once, as it is sent
  std::string_view query;  ///< percent-encoded; names in order, each with "="
  std::string_view region;
  crypto::Digest content{};  ///< of the content, which may be empty; signed_query leaves it out
};

/// The fields with which a request is signed: `fields`, and those of AWS Signature Version 4 for S3, by all
/// of which nobody may change anything underway. `fields`: no name twice, and none of those that are added
/// (Host, x-amz-date, x-amz-content-sha256, x-amz-security-token, Authorization); Host is signed, and left to
/// who sends. https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
[[nodiscard]] std::vector<http_client::Field> signed_fields(const Unsigned& request,
                                                            std::vector<http_client::Field> fields,
                                                            const Credentials& credentials, WallTime now);

/// The query with which anybody may send a request until `lifetime` has passed: that of `request`, in which
/// no name may begin with "X-Amz-", and the parameters of AWS Signature Version 4 for S3. Of the fields it
/// covers Host alone. With temporary credentials it has their token, and ends with them.
/// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
[[nodiscard]] std::string signed_query(const Unsigned& request, const Credentials& credentials,
                                       seconds lifetime, WallTime now);

}  // namespace bobbin::object_store
