#include "auth/password_hash.h"

#include <charconv>
#include <crypt.h>
#include <memory>

#include "base/ascii.h"

namespace bobbin::auth {
namespace {

constexpr unsigned kGreatestCost = 16;            // of bcrypt
constexpr unsigned long kMostRounds = 5'000'000;  // of sha-crypt
constexpr std::string_view kRounds = "rounds=";

/// The characters behind the last '$', of which libcrypt makes the digest.
std::size_t digest_size(std::string_view hash) { return hash.size() - hash.rfind('$') - 1; }

bool is_of_alphabet(std::string_view hash) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./$=";
  return hash.find_first_not_of(kAlphabet) == std::string_view::npos;
}

/// $2y$COST$ and 53 characters of salt and digest.
bool is_bcrypt(std::string_view hash) {
  if (hash.size() != 60 || hash[6] != '$' || !is_digit(hash[4]) || !is_digit(hash[5])) return false;
  const unsigned cost = 10U * static_cast<unsigned>(hash[4] - '0') + static_cast<unsigned>(hash[5] - '0');
  return cost >= 4 && cost <= kGreatestCost;
}

/// $6$SALT$DIGEST or $6$rounds=N$SALT$DIGEST.
bool is_sha_crypt(std::string_view hash, std::size_t size) {
  if (digest_size(hash) != size) return false;
  const std::string_view rest = hash.substr(3);
  if (!rest.starts_with(kRounds)) return true;
  unsigned long rounds = 0;
  const char* const end = rest.data() + rest.size();
  const auto [stop, error] = std::from_chars(rest.data() + kRounds.size(), end, rounds);
  return error == std::errc() && stop != end && *stop == '$' && rounds <= kMostRounds;
}

bool has_known_form(std::string_view hash) {
  for (const std::string_view bcrypt : {"$2y$", "$2b$", "$2a$"})
    if (hash.starts_with(bcrypt)) return is_bcrypt(hash);
  if (hash.starts_with("$6$")) return is_sha_crypt(hash, 86);
  if (hash.starts_with("$5$")) return is_sha_crypt(hash, 43);
  for (const std::string_view yescrypt : {"$y$", "$gy$", "$7$"})
    if (hash.starts_with(yescrypt)) return digest_size(hash) == 43;
  return false;
}

}  // namespace

bool is_password_hash(const std::string& hash) {
  return hash.size() < CRYPT_OUTPUT_SIZE && is_of_alphabet(hash) && has_known_form(hash) &&
         crypt_checksalt(hash.c_str()) != CRYPT_SALT_INVALID;
}

bool is_password(const std::string& password, const std::string& hash) {
  if (password.size() >= CRYPT_MAX_PASSPHRASE_SIZE || password.find('\0') != std::string::npos) return false;
  const auto workspace = std::make_unique<crypt_data>();  // of 32 KiB, and cleared
  const char* const made = crypt_r(password.c_str(), hash.c_str(), workspace.get());
  return made != nullptr && hash == made;
}

}  // namespace bobbin::auth
