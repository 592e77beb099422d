#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace bobbin::fuzz {

/// What a target decides besides its input: where to cut it, how long to wait, which limit holds.
class Choices {
 public:
  explicit Choices(std::uint64_t seed) : state_(seed) {}

  /// Any 64 bits (SplitMix64).
  std::uint64_t bits() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }
  /// 0 … bound - 1.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(bits() % bound); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  /// A number of any magnitude: as likely below 16 as beyond 2^60.
  std::uint64_t of_any_size() { return bits() >> below(64); }
  /// How much of `available` (not 0) to take at once: all, one, or something between.
  std::size_t piece(std::size_t available) {
    switch (below(4)) {
      case 0: return available;
      case 1: return 1;
      case 2: return 1 + below(std::min<std::size_t>(available, 16));
      default: return 1 + below(available);
    }
  }

 private:
  std::uint64_t state_;
};

/// Takes libFuzzer's data apart. The choices are the last eight bytes, so that everything in front is what a
/// peer would send: seeds are readable, and a mutation of the text leaves the choices alone.
struct Given {
  Given(const std::uint8_t* data, std::size_t size)
      : input(reinterpret_cast<const char*>(data), size - std::min(size, kSeedBytes)),
        choices(seed_of(data + input.size(), size - input.size())) {}

  std::string_view input;
  Choices choices;

 private:
  static constexpr std::size_t kSeedBytes = 8;
  static std::uint64_t seed_of(const std::uint8_t* data, std::size_t size) {
    std::uint64_t seed = 0;
    if (size > 0) std::memcpy(&seed, data, size);
    return seed;
  }
};

/// A copy that ends where its memory does: AddressSanitizer sees the first byte that is read beyond.
class ExactCopy {
 public:
  explicit ExactCopy(std::string_view text) : size_(text.size()), bytes_(new char[text.size()]) {
    std::copy(text.begin(), text.end(), bytes_.get());
  }
  [[nodiscard]] std::string_view text() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

/// Whether `part` lies within `whole`, as memory.
inline bool is_within(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace bobbin::fuzz
