#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "given.h"
#include "http/client_claims.h"

// Forwarded, X-Forwarded-For and X-Real-IP, a line of the field to each line of the input. Whatever a client
// has sent: what a trusted proxy appends behind it decides, and what nobody trusted says changes nothing.
namespace bobbin::fuzz {
namespace {

constexpr std::string_view kNames[] = {"X-Forwarded-For", "Forwarded", "X-Real-IP"};
constexpr http::AddressField kFields[] = {http::AddressField::x_forwarded_for, http::AddressField::forwarded,
                                          http::AddressField::x_real_ip};

void run(std::string_view input, Choices choices) {
  const std::size_t kind = choices.below(3);
  const http::ProxyTrust trust{.proxies = {*Network::parse("10.0.0.0/8"), *Network::parse("unix")},
                               .address_from = kFields[kind],
                               .scheme_from = http::ClaimField::forwarded,
                               .host_from = http::ClaimField::forwarded};
  const ExactCopy copy(input);
  http::Fields fields;
  std::string_view last;
  for (std::string_view rest = copy.text(); !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    last = rest.substr(0, end);
    if (!fields.add({.name = http::FieldName::other, .name_text = kNames[kind], .value = last})) break;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const Endpoint proxy = *parse_address("10.0.0.1");
  const Endpoint stranger = *parse_address("192.0.2.1");
  ASSERT(http::claims_about_client(fields, stranger, trust).client == stranger);
  ASSERT(http::claims_about_client(fields, stranger, trust).authority.empty());

  // Nobody becomes a Unix socket, and the wildcard is no more than an address that somebody has named.
  const http::ClientClaims claims = http::claims_about_client(fields, proxy, trust);
  ASSERT(!claims.client.is_unix_socket());
  ASSERT(parse_address(claims.client.address_text()));

  // A proxy appends the client's address to the last line.
  if (kind == 2) return;
  const std::string appended = std::string(last) + (kind == 0 ? ", 203.0.113.7" : ", for=203.0.113.7");
  http::Fields behind;
  ASSERT(behind.add({.name = http::FieldName::other, .name_text = kNames[kind], .value = copy.text()}));
  ASSERT(behind.add({.name = http::FieldName::other, .name_text = kNames[kind], .value = appended}));
  ASSERT(http::claims_about_client(behind, proxy, trust).client == *parse_address("203.0.113.7"));
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
