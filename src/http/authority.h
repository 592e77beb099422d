#pragma once

#include <string_view>

namespace bobbin::http {

/// Whether `text` has the form `uri-host [ ":" port ]` (RFC 9112 §3.2, RFC 3986 §3.2.2): a name, an IPv4
/// address or a bracketed IP literal, and a port that may be empty. User information is no part of it.
///
/// Narrower than RFC 3986 in three places. An empty host is none (RFC 9110 §4.2.1). A comma, which a name
/// may hold by the grammar, means that somebody joined two field lines into one. A port beyond 65535 is no
/// port of TCP. IPvFuture is well formed, though no policy ever names such a host.
[[nodiscard]] bool is_authority(std::string_view text);

}  // namespace bobbin::http
