#include "http/authorization.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/base64.h"

namespace bobbin::http {
namespace {

bool has_controls(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; });
}

/// RFC 9110 §11.2.
bool is_token68(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
  return !text.empty() && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

Credentials basic(std::string_view text) {
  auto decoded = decode_base64(text);
  if (!decoded || has_controls(*decoded)) return MalformedCredentials{};
  const std::size_t colon = decoded->find(':');
  if (colon == std::string::npos) return MalformedCredentials{};
  return BasicCredentials{.user = decoded->substr(0, colon), .password = decoded->substr(colon + 1)};
}

}  // namespace

Credentials credentials_of(const Fields& fields) {
  if (!fields.has(FieldName::authorization)) return NoCredentials{};
  const auto value = fields.only(FieldName::authorization);
  if (!value) return MalformedCredentials{};
  const std::size_t blank = std::min(value->find(' '), value->size());
  const std::string_view scheme = value->substr(0, blank);
  std::string_view rest = value->substr(blank);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (equals_ignoring_case(scheme, "Basic")) return basic(rest);
  if (!equals_ignoring_case(scheme, "Bearer")) return NoCredentials{};
  if (!is_token68(rest)) return MalformedCredentials{};
  return BearerToken{rest};
}

}  // namespace bobbin::http
