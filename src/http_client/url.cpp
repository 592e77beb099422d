#include "http_client/url.h"

#include <algorithm>

#include "base/ascii.h"
#include "http/authority.h"
#include "http/grammar.h"

namespace bobbin::http_client {
namespace {

/// What stands behind the scheme. Nothing: it is another scheme, or none.
std::optional<std::string_view> behind_scheme(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (equals_ignoring_case(url.substr(0, scheme.size()), scheme)) return url.substr(scheme.size());
  return std::nullopt;
}

}  // namespace

std::optional<UrlFault> fault_of_url(std::string_view url) {
  const auto rest = behind_scheme(url);
  if (!rest) return UrlFault::form;
  const std::string_view authority = rest->substr(0, rest->find_first_of("/?#\\"));
  if (authority.find('@') != std::string_view::npos) return UrlFault::user_information;
  const bool is_printable =
      std::ranges::all_of(*rest, [](char c) { return http::is_in(http::CharacterSet::query, c); });
  return is_printable && http::is_authority(authority) ? std::nullopt : std::optional(UrlFault::form);
}

}  // namespace bobbin::http_client
