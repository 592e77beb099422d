#include "uploads/page_origins.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "http/host_policy.h"

namespace bobbin::uploads {
namespace {

using http::Scheme;

/// The value of the field; of one that comes more than once, a text that means nothing.
std::optional<std::string_view> said_once(const http::Fields& fields, std::string_view name) {
  std::optional<std::string_view> value;
  for (const http::Field& field : fields.lines()) {
    if (!equals_ignoring_case(field.name_text, name)) continue;
    value = value ? "" : field.value;
  }
  return value;
}

std::optional<PageOrigin> origin_of(Scheme scheme, std::string_view authority) {
  auto parsed = http::parse_authority(authority);
  if (!parsed) return std::nullopt;
  return PageOrigin{.scheme = scheme,
                    .host = std::move(parsed->host),
                    .port = parsed->port.value_or(http::default_port(scheme))};
}

}  // namespace

std::optional<PageOrigin> PageOrigin::parse(std::string_view text) {
  for (const auto& [prefix, scheme] :
       {std::pair<std::string_view, Scheme>("http://", Scheme::http), {"https://", Scheme::https}})
    if (equals_ignoring_case(text.substr(0, prefix.size()), prefix))
      return origin_of(scheme, text.substr(prefix.size()));
  return std::nullopt;
}

bool PageOrigins::allow(const http::Request& request) const {
  const auto said = said_once(request.head.fields, "Origin");
  const auto origin = said ? PageOrigin::parse(*said) : std::nullopt;
  if (origin && std::ranges::find(listed_, *origin) != listed_.end()) return true;
  if (const auto site = said_once(request.head.fields, "Sec-Fetch-Site"))
    return *site == "same-origin" || *site == "none";
  if (!said) return true;
  return origin && origin == origin_of(request.scheme, request.head.authority);
}

}  // namespace bobbin::uploads
