#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "files/status_source.h"

namespace bobbin::files {

/// Names that led to nothing in this round, so that requests which arrived together share the look. More is
/// not worth keeping: one call tells that there is nothing, and all 404s are alike. The size is fixed, so
/// asking for many missing names displaces nothing else.
class MissingFiles {
 public:
  [[nodiscard]] bool contains(std::string_view name, std::uint64_t hash, std::uint64_t round) const {
    const Place& place = places_[hash % kPlaces];
    return place.round == round && place.name == name;
  }
  void add(std::string_view name, std::uint64_t hash, std::uint64_t round) {
    if (name.size() > kLongestName) return;
    Place& place = places_[hash % kPlaces];
    place.name.assign(name);
    place.round = round;
  }

  /// At most, once every place has held a long name.
  static constexpr std::size_t kMaximumBytes = 64 * (40 + 2 * 256);

 private:
  struct Place {
    std::string name;
    std::uint64_t round = kNoRound;
  };
  static constexpr std::size_t kPlaces = 64;
  static constexpr std::size_t kLongestName = 256;
  std::array<Place, kPlaces> places_;
};

}  // namespace bobbin::files
