#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/endpoint.h"

namespace bobbin::net {

/// The longest header that is understood: 16 bytes of version 2 and what they announce. That is enough for
/// every address and for the TLVs that proxies send (a name of a host has at most 255 bytes).
inline constexpr std::size_t kMaximumProxyHeaderBytes = 16 + 4096;

/// A header of the PROXY protocol, version 1 or 2 (haproxy.org, proxy-protocol.txt).
struct ProxyHeader {
  std::size_t size_bytes = 0;
  /// Who has connected to the proxy. Nothing where the connection is the proxy's own (LOCAL), or the proxy
  /// does not know (UNKNOWN, AF_UNSPEC): then the address of the socket counts.
  std::optional<Endpoint> client;
};
struct MoreOfProxyHeader {};
struct MalformedProxyHeader {
  std::string_view reason;  ///< a literal: the end of a sentence
};

/// Parses the header at the front of `input`. The first byte that no header can have refuses it. Strict: in
/// version 1 addresses of the family that is named, single spaces, at most 107 bytes; in version 2 TLVs that
/// fill the rest exactly and a CRC32c that is right where there is one. What TLVs say is skipped. Of a client
/// at a Unix socket nothing but that is known. Pure.
[[nodiscard]] std::variant<MoreOfProxyHeader, ProxyHeader, MalformedProxyHeader> parse_proxy_header(
    Bytes input);

/// The checksum of RFC 3720 appendix B.4, of bytes in several pieces: pass the result on as `before`.
[[nodiscard]] std::uint32_t crc32c(Bytes bytes, std::uint32_t before = 0);

}  // namespace bobbin::net
