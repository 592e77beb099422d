#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace bobbin::files {

/// Lets into a cache only what has been asked for before: a client that walks through all files, each once,
/// displaces nothing. Remembers hashes, in a table of fixed size: one that shares its place with another is
/// forgotten. That is what a cache full of them would do as well.
class Doorkeeper {
 public:
  explicit Doorkeeper(std::size_t places) : places_(std::bit_ceil(places)) {}

  /// Whether this hash was here before. Now it was.
  [[nodiscard]] bool has_seen(std::uint64_t hash) {
    auto& place = places_[hash & (places_.size() - 1)];
    // The lower half chose the place. 0 is an empty one.
    const auto mark = static_cast<std::uint32_t>(hash >> 32) | 1U;
    const bool seen = place == mark;
    place = mark;
    return seen;
  }
  [[nodiscard]] std::size_t size_bytes() const { return places_.size() * sizeof(std::uint32_t); }

 private:
  std::vector<std::uint32_t> places_;
};

}  // namespace bobbin::files
