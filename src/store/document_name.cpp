#include "store/document_name.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <fmt/format.h>

#include "base/utc_time.h"
#include "os/random.h"

namespace bobbin::store {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";  // RFC 4648 §6, lowercase
constexpr std::size_t kRandomCharacters = 26;                               // × 5 bits
constexpr std::string_view kDocumentEnd = ".json";
constexpr std::string_view kTemporaryStart = ".bobbin-";
constexpr std::string_view kTemporaryEnd = ".tmp";

}  // namespace

std::string random_text() {
  // A call of the kernel costs as much as all the rest of a name, so one call draws the bytes of many names.
  static thread_local std::array<std::byte, 16 * kRandomCharacters> random;
  static thread_local std::size_t unused = 0;
  if (unused == 0) {
    os::fill_random(random);
    unused = random.size();
  }
  std::string text(kRandomCharacters, ' ');
  // 32 divides 256: five bits of each byte are as uniform as the byte.
  for (char& c : text) c = kAlphabet[std::to_integer<std::size_t>(random[--unused]) % kAlphabet.size()];
  return text;
}

std::string DocumentNames::next(WallTime now) {
  const auto second = std::chrono::floor<seconds>(now);
  if (second != second_ || start_.empty()) {
    second_ = second;
    const std::time_t time = second.time_since_epoch().count();
    std::tm local{};
    ::localtime_r(&time, &local);
    char text[32];
    start_.assign(text, std::strftime(text, sizeof text, "upload_%Y%m%d_%H%M%S_", &local));
  }
  std::string name;
  name.reserve(start_.size() + kRandomCharacters + kDocumentEnd.size());
  return name.append(start_).append(random_text()).append(kDocumentEnd);
}

std::string RecordNames::next(WallTime now, std::string_view id, std::string_view ending) {
  using std::chrono::microseconds;
  last_ = std::max<WallTime>(std::chrono::floor<microseconds>(now), last_ + microseconds(1));
  return fmt::format("{}-{}{}", utc_name(last_), id, ending);
}

bool is_document_name(std::string_view name) {
  // In this pattern a digit stands for any digit, and a letter for any character of the alphabet.
  constexpr std::string_view kPattern = "upload_00000000_000000_aaaaaaaaaaaaaaaaaaaaaaaaaa.json";
  constexpr std::size_t kRandomStart = kPattern.size() - kDocumentEnd.size() - kRandomCharacters;
  if (name.size() != kPattern.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool is_random = i >= kRandomStart && i < kRandomStart + kRandomCharacters;
    const bool fits = is_random            ? kAlphabet.find(name[i]) != std::string_view::npos
                      : kPattern[i] == '0' ? name[i] >= '0' && name[i] <= '9'
                                           : name[i] == kPattern[i];
    if (!fits) return false;
  }
  return true;
}

std::string temporary_name() {
  return std::string(kTemporaryStart).append(random_text()).append(kTemporaryEnd);
}

bool is_temporary_name(std::string_view name) {
  constexpr std::size_t kSize = kTemporaryStart.size() + kRandomCharacters + kTemporaryEnd.size();
  return name.size() == kSize && name.starts_with(kTemporaryStart) && name.ends_with(kTemporaryEnd) &&
         name.substr(kTemporaryStart.size(), kRandomCharacters).find_first_not_of(kAlphabet) ==
             std::string_view::npos;
}

}  // namespace bobbin::store
