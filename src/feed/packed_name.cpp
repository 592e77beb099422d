#include "feed/packed_name.h"

#include <chrono>

#include "base/ascii.h"
#include "base/utc_time.h"
#include "store/document_name.h"

namespace bobbin::feed {
namespace {

using std::chrono::microseconds;

// In this pattern 0 stands for any digit, and a for any character of an id.
constexpr std::string_view kPattern = "00000000T000000.000000Z-aaaaaaaaaaaaaaaaaaaaaaaaaa.json";
static_assert(kPattern.size() == store::kRecordNameBytes);
constexpr std::size_t kIdBegin = kPattern.find('a');
constexpr std::size_t kIdCharacters = kPattern.rfind('a') + 1 - kIdBegin;
constexpr std::string_view kAlphabet = "234567abcdefghijklmnopqrstuvwxyz";  // in the order of the characters
constexpr unsigned kBitsOfCharacter = 5;

bool has_form_of_name(std::string_view name) {
  if (name.size() != kPattern.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool fits = i >= kIdBegin && i < kIdBegin + kIdCharacters
                          ? kAlphabet.find(name[i]) != std::string_view::npos
                      : kPattern[i] == '0' ? is_digit(name[i])
                                           : name[i] == kPattern[i];
    if (!fits) return false;
  }
  return true;
}

}  // namespace

std::optional<PackedName> PackedName::of(std::string_view name) {
  if (!has_form_of_name(name)) return std::nullopt;
  const auto time = utc_time_of_name(name.substr(0, kIdBegin - 1));
  if (!time) return std::nullopt;
  PackedName packed;
  auto left = static_cast<std::uint64_t>(std::chrono::floor<microseconds>(time->time_since_epoch()).count());
  for (std::size_t i = packed.time_.size(); i-- > 0; left >>= 8U)
    packed.time_[i] = static_cast<std::uint8_t>(left & 0xFFU);
  for (std::size_t i = 0; i < kIdCharacters; ++i) {
    const auto value = static_cast<unsigned>(kAlphabet.find(name[kIdBegin + i]));
    const std::size_t bit = i * kBitsOfCharacter;
    // Five bits lie in two bytes at most.
    const unsigned placed = value << (16 - kBitsOfCharacter - bit % 8);
    packed.id_[bit / 8] |= static_cast<std::uint8_t>(placed >> 8U);
    if (bit / 8 + 1 < packed.id_.size()) packed.id_[bit / 8 + 1] |= static_cast<std::uint8_t>(placed & 0xFFU);
  }
  return packed;
}

std::string PackedName::text() const {
  std::uint64_t microseconds_since_1970 = 0;
  for (const std::uint8_t byte : time_) microseconds_since_1970 = microseconds_since_1970 << 8U | byte;
  std::string name = utc_name(WallTime(microseconds(microseconds_since_1970))) + '-';
  for (std::size_t i = 0; i < kIdCharacters; ++i) {
    const std::size_t bit = i * kBitsOfCharacter;
    const unsigned next = bit / 8 + 1 < id_.size() ? id_[bit / 8 + 1] : 0U;
    const unsigned both = static_cast<unsigned>(id_[bit / 8]) << 8U | next;
    name += kAlphabet[both >> (16 - kBitsOfCharacter - bit % 8) & 31U];
  }
  return name + ".json";
}

}  // namespace bobbin::feed
