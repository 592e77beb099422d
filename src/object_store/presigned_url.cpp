#include "object_store/presigned_url.h"

#include <cstddef>
#include <utility>

#include "base/ascii.h"
#include "http/percent_encoding.h"

namespace bobbin::object_store {
namespace {

/// As clients write it into Host: in small letters, without the port that the scheme has anyway (RFC 3986
/// §6.2.2.1 and §6.2.3).
std::string host_for_clients(std::string_view scheme, std::string_view authority) {
  std::string host = lowercase(authority);
  const std::string_view port = scheme == "https://" ? ":443" : ":80";
  if (host.ends_with(port)) host.erase(host.size() - port.size());
  return host;
}

/// The parameters by which a store is asked for other fields, in the order of their names:
/// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
std::string overrides_in(const Presentation& presentation) {
  std::string query;
  for (const auto& [name, value] :
       {std::pair<std::string_view, const std::string&>("disposition", presentation.disposition),
        {"encoding", presentation.coding},
        {"type", presentation.media_type}}) {
    if (value.empty()) continue;
    if (!query.empty()) query += '&';
    query.append("response-content-").append(name).append("=").append(http::percent_encode(value, "-._~"));
  }
  return query;
}

}  // namespace

std::string presigned_url(const BucketSettings& bucket, std::string_view key,
                          const Presentation& presentation, const Credentials& credentials, seconds lifetime,
                          WallTime now) {
  const std::size_t host_begin = bucket.endpoint.find("//") + 2;
  const std::string scheme = lowercase(std::string_view(bucket.endpoint).substr(0, host_begin));
  const bool is_in_host = bucket.addressing == Addressing::host;
  const std::string host = (is_in_host ? bucket.bucket + "." : "") +
                           host_for_clients(scheme, std::string_view(bucket.endpoint).substr(host_begin));
  const std::string path = (is_in_host ? "" : "/" + bucket.bucket) + "/" + http::percent_encode(key, "-._~/");
  const std::string overrides = overrides_in(presentation);
  const Unsigned request{
      .method = "GET", .host = host, .path = path, .query = overrides, .region = bucket.region};
  return scheme + host + path + "?" + signed_query(request, credentials, lifetime, now);
}

}  // namespace bobbin::object_store
