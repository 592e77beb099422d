#include "object_store/signature_v4.h"

#include <algorithm>
#include <cstddef>
#include <fmt/format.h>
#include <map>

#include "base/ascii.h"
#include "base/utc_time.h"
#include "crypto/hmac.h"
#include "http/percent_encoding.h"

namespace bobbin::object_store {
namespace {

using http_client::Field;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

crypto::Mac mac_of(Bytes key, std::string_view text) {
  return crypto::HmacKey(crypto::HashFunction::sha256, key).begin().add(text).finish();
}

/// A key for a day, a region and a service, which are kept out of the secret of the account.
crypto::Mac signing_key(const std::string& secret, std::string_view day, std::string_view region) {
  crypto::Mac key = mac_of(as_bytes("AWS4" + secret), day);
  for (const std::string_view text : {region, std::string_view("s3"), std::string_view("aws4_request")})
    key = mac_of(key.bytes(), text);
  return key;
}

/// "20130524T000000Z".
std::string compact_time(WallTime time) {
  constexpr std::size_t kThroughSeconds = 15;
  return utc_name(time).substr(0, kThroughSeconds) + "Z";
}

std::string hex_of(const crypto::Mac& mac) {
  crypto::Digest digest{};
  std::ranges::copy(mac.bytes(), digest.begin());
  return crypto::hex_of(digest);
}

/// What credentials are good for: a day, and one service in one region.
std::string scope_of(std::string_view day, std::string_view region) {
  return fmt::format("{}/{}/s3/aws4_request", day, region);
}

/// `canonical`: the request in the form in which it is signed. `time`: as compact_time gives it.
std::string signature_of(std::string_view canonical, const std::string& time, std::string_view region,
                         const Credentials& credentials) {
  const std::string_view day = std::string_view(time).substr(0, 8);
  const crypto::Mac key = signing_key(credentials.secret, day, region);
  return hex_of(mac_of(key.bytes(), fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, scope_of(day, region),
                                                crypto::hex_of(crypto::sha256(canonical)))));
}

}  // namespace

std::vector<Field> signed_fields(const Unsigned& request, std::vector<Field> fields,
                                 const Credentials& credentials, WallTime now) {
  const std::string content = crypto::hex_of(request.content);
  const std::string time = compact_time(now);
  const std::string_view day = std::string_view(time).substr(0, 8);
  fields.push_back({"Host", std::string(request.host)});
  fields.push_back({"x-amz-content-sha256", content});
  fields.push_back({"x-amz-date", time});
  if (!credentials.session_token.empty())
    fields.push_back({"x-amz-security-token", credentials.session_token});

  std::map<std::string, std::string_view> covered;
  for (const Field& field : fields) covered.emplace(lowercase(field.name), trim(field.value));
  std::string names;
  std::string canonical = fmt::format("{}\n{}\n{}\n", request.method, request.path, request.query);
  for (const auto& [name, value] : covered) {
    canonical += fmt::format("{}:{}\n", name, value);
    names += (names.empty() ? "" : ";") + name;
  }
  canonical += fmt::format("\n{}\n{}", names, content);

  fields.push_back(
      {"Authorization", fmt::format("{} Credential={}/{},SignedHeaders={},Signature={}", kAlgorithm,
                                    credentials.key_id, scope_of(day, request.region), names,
                                    signature_of(canonical, time, request.region, credentials))});
  return fields;
}

std::string signed_query(const Unsigned& request, const Credentials& credentials, seconds lifetime,
                         WallTime now) {
  const auto encoded = [](std::string_view text) { return http::percent_encode(text, "-._~"); };
  const std::string time = compact_time(now);
  const std::string scope = scope_of(std::string_view(time).substr(0, 8), request.region);
  // In the order of their names, as they are signed. Capital letters go before small ones.
  std::string query =
      fmt::format("X-Amz-Algorithm={}&X-Amz-Credential={}&X-Amz-Date={}&X-Amz-Expires={}", kAlgorithm,
                  encoded(credentials.key_id + "/" + scope), time, lifetime.count());
  if (!credentials.session_token.empty())
    query += "&X-Amz-Security-Token=" + encoded(credentials.session_token);
  query += "&X-Amz-SignedHeaders=host";
  if (!request.query.empty()) query.append("&").append(request.query);
  const std::string canonical = fmt::format("{}\n{}\n{}\nhost:{}\n\nhost\nUNSIGNED-PAYLOAD", request.method,
                                            request.path, query, request.host);
  return query + "&X-Amz-Signature=" + signature_of(canonical, time, request.region, credentials);
}

}  // namespace bobbin::object_store
