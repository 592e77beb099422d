#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/endpoint.h"
#include "http/listener_rules.h"

namespace bobbin::http {

/// `uri-host [ ":" port ]` taken apart (RFC 9110 §7.2, RFC 3986 §3.2.2): reg-name, IPv4 or "[" IPv6 "]". The
/// host is lowercase and without one trailing dot. Nothing for user information, a bad port or any other
/// malformed value.
struct Authority {
  std::string host;
  std::optional<std::uint16_t> port;
};
[[nodiscard]] std::optional<Authority> parse_authority(std::string_view text);

/// How precisely a site names a host: of several sites the one with the greatest gets the request. Nothing:
/// the site does not answer for it.
enum class Precision : std::size_t {
  none = 0,
  everything = 1,  ///< `*`; a pattern `*.NAME` is everything + the size of NAME
  exact = SIZE_MAX,
};

/// Which authorities a site answers for (CONTRACT §4). Immutable once made. Thread: any.
class HostPolicy {
 public:
  struct Allowed {  ///< one `--allow-host`, or one name of a site
    enum class Port : std::uint8_t { ours_or_none, exactly, any };
    std::string host;  ///< lowercase; "*" allows everything, "*.example.org" every name that ends so
    Port port_rule = Port::ours_or_none;
    std::uint16_t port = 0;
  };
  /// `NAME` (our port or none), `NAME:PORT` (exactly that), `NAME:*`, each with `*.` in front for the names
  /// below NAME, and `*`. Nothing when malformed.
  [[nodiscard]] static std::optional<Allowed> parse_allowed(std::string_view text);

  enum class Addresses : std::uint8_t { ours, none };
  /// `addresses`: whether the site answers for the addresses of this server, too: the bound address, the
  /// arrival address, and `localhost`, `127.0.0.1`, `[::1]` where a listener is bound to loopback or a
  /// wildcard; with our port, or without one when ours is that of the scheme.
  HostPolicy(std::vector<Allowed> allowed, Addresses addresses)
      : allowed_(std::move(allowed)), addresses_(addresses) {}

  /// How precisely this site names `authority` (nothing: one that no name can match) in a request that
  /// arrived at `local` under `scheme`. `bound`: the addresses of the listeners.
  [[nodiscard]] Precision precision(const std::optional<Authority>& authority, const Endpoint& local,
                                    const std::vector<Endpoint>& bound, Scheme scheme = Scheme::http) const;

 private:
  std::vector<Allowed> allowed_;
  Addresses addresses_;
};

/// The `--allow-host` that would allow `authority` in a request that arrived at `local`: NAME when it has our
/// port or none, else NAME:PORT.
[[nodiscard]] std::string allowing_option(const Authority& authority, const Endpoint& local);

}  // namespace bobbin::http
