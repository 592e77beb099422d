#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"

namespace bobbin::http {

/// `uri-host [ ":" port ]` taken apart (RFC 9110 §7.2, RFC 3986 §3.2.2): reg-name, IPv4 or "[" IPv6 "]". The
/// host is lowercase and without one trailing dot. Nothing for user information, a bad port or any other
/// malformed value.
struct Authority {
  std::string host;
  std::optional<std::uint16_t> port;
};
[[nodiscard]] std::optional<Authority> parse_authority(std::string_view text);

/// Which authorities are ours (CONTRACT §4). Immutable once made. Thread: any.
class HostPolicy {
 public:
  struct Allowed {  ///< one `--allow-host`
    enum class Port : std::uint8_t { ours_or_none, exactly, any };
    std::string host;  ///< lowercase; "*" allows everything
    Port port_rule = Port::ours_or_none;
    std::uint16_t port = 0;
  };
  /// `NAME` (our port or none), `NAME:PORT` (exactly that), `NAME:*`, `*`. Nothing when malformed.
  [[nodiscard]] static std::optional<Allowed> parse_allowed(std::string_view text);

  explicit HostPolicy(std::vector<Allowed> allowed) : allowed_(std::move(allowed)) {}

  /// Whether a request that arrived at `local` may name `authority` (as sent). `bound` addresses are the
  /// listeners. Built-in: the bound address, the arrival address, and `localhost`, `127.0.0.1`, `[::1]` where
  /// a listener is bound to loopback or a wildcard; with our port, or without one when ours is 80.
  [[nodiscard]] bool accepts(std::string_view authority, const Endpoint& local,
                             const std::vector<Endpoint>& bound) const;

 private:
  std::vector<Allowed> allowed_;
};

}  // namespace bobbin::http
