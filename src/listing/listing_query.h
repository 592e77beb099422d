#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "listing/order.h"

namespace bobbin::listing {

/// How a request wants its listing: `sort=name|size|time`, `order=asc|desc`, `format=html|json`. What is
/// neither is passed over, and of what is repeated the first counts.
struct ListingQuery {
  enum class Format : std::uint8_t { html, json };
  Order order;
  std::optional<Format> format;  ///< nothing: as Accept says

  /// `target`: as it was sent, with its query or without one.
  [[nodiscard]] static ListingQuery of(std::string_view target);
};

}  // namespace bobbin::listing
