#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/assert.h"
#include "given.h"
#include "net/proxy_header.h"

// A header of the PROXY protocol: the verdict does not depend on how much has come behind it, no front of a
// good header is refused, and what is refused stays refused.
namespace bobbin::fuzz {
namespace {

void run(std::string_view input, Choices choices) {
  const ExactCopy copy(input);
  const auto whole = net::parse_proxy_header(as_bytes(copy.text()));
  const ExactCopy front(input.substr(0, input.empty() ? 0 : choices.below(input.size() + 1)));
  const auto earlier = net::parse_proxy_header(as_bytes(front.text()));
  if (const auto* header = std::get_if<net::ProxyHeader>(&whole)) {
    ASSERT(header->size_bytes <= input.size() && header->size_bytes <= net::kMaximumProxyHeaderBytes);
    ASSERT(!header->client || header->client->is_unix_socket() ||
           parse_address(header->client->address_text()));
    const bool is_whole = front.text().size() >= header->size_bytes;
    ASSERT(is_whole == std::holds_alternative<net::ProxyHeader>(earlier));
    ASSERT(is_whole || std::holds_alternative<net::MoreOfProxyHeader>(earlier));
    if (is_whole) ASSERT(std::get<net::ProxyHeader>(earlier).client == header->client);
  }
  if (std::holds_alternative<net::MoreOfProxyHeader>(whole)) {
    ASSERT(input.size() < net::kMaximumProxyHeaderBytes);
    ASSERT(std::holds_alternative<net::MoreOfProxyHeader>(earlier));
  }
  if (std::holds_alternative<net::MalformedProxyHeader>(earlier))
    ASSERT(std::holds_alternative<net::MalformedProxyHeader>(whole));
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
