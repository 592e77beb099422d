#include "uploads/document_name.h"

#include <array>
#include <ctime>

#include "os/random.h"

namespace bobbin::uploads {
namespace {

constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";  // RFC 4648 §6, lowercase
constexpr std::size_t kRandomCharacters = 26;                               // × 5 bits
constexpr std::string_view kTemporaryStart = ".bobbin-";
constexpr std::string_view kTemporaryEnd = ".tmp";

}  // namespace

std::string random_text() {
  std::array<std::byte, kRandomCharacters> random;
  os::fill_random(random);
  std::string text;
  // 32 divides 256: five bits of each byte are as uniform as the byte.
  for (const std::byte byte : random)
    text += kAlphabet[std::to_integer<std::size_t>(byte) % kAlphabet.size()];
  return text;
}

std::string document_name(WallTime now) {
  const std::time_t time = std::chrono::floor<seconds>(now).time_since_epoch().count();
  std::tm local{};
  ::localtime_r(&time, &local);
  char moment[32];
  const std::size_t length = std::strftime(moment, sizeof moment, "%Y%m%d_%H%M%S", &local);
  return "upload_" + std::string(moment, length) + "_" + random_text() + ".json";
}

std::string temporary_name() {
  return std::string(kTemporaryStart).append(random_text()).append(kTemporaryEnd);
}

bool is_temporary_name(std::string_view name) {
  return name.starts_with(kTemporaryStart) && name.ends_with(kTemporaryEnd);
}

}  // namespace bobbin::uploads
