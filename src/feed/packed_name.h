#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bobbin::feed {

/// The name of a record (store::RecordNames), in 25 bytes. Their order is that of the names.
class PackedName {
 public:
  /// Nothing: it is the name of no record.
  [[nodiscard]] static std::optional<PackedName> of(std::string_view name);
  /// The name.
  [[nodiscard]] std::string text() const;

  friend auto operator<=>(const PackedName&, const PackedName&) = default;

 private:
  // The microseconds since 1970, the most significant byte first; then the 130 bits of the id.
  std::array<std::uint8_t, 8> time_{};
  std::array<std::uint8_t, 17> id_{};
};

}  // namespace bobbin::feed
