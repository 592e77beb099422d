#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/handler.h"
#include "http/scheme.h"

namespace bobbin::uploads {

/// The origin of a web page (RFC 6454 §4) under http or https.
struct PageOrigin {
  http::Scheme scheme;
  std::string host;  ///< in lower case
  std::uint16_t port;

  /// `https://example.org`, perhaps with a port (RFC 6454 §6.2). Nothing: it is something else, `null` for
  /// example.
  [[nodiscard]] static std::optional<PageOrigin> parse(std::string_view text);
  friend bool operator==(const PageOrigin&, const PageOrigin&) = default;
};

/// From the pages of which origins content is taken that a browser sends to any server without asking it
/// first. Pages of the request's own origin always may, and so may what is no browser. Immutable. Thread:
/// any.
class PageOrigins {
 public:
  PageOrigins() = default;
  explicit PageOrigins(std::vector<PageOrigin> listed) : listed_(std::move(listed)) {}

  /// What a browser says of the page decides: Sec-Fetch-Site, which no script can set (W3C Fetch Metadata
  /// §2.4), and where that is not sent, as under http, Origin (Fetch Standard, "Origin header").
  [[nodiscard]] bool allow(const http::Request& request) const;

 private:
  std::vector<PageOrigin> listed_;
};

}  // namespace bobbin::uploads
