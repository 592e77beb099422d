#include "app/open_authentication.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "app/followed_file.h"
#include "auth/authentication.h"

namespace bobbin::app {
namespace {

/// It refers to what it is made of.
struct SecretFiles {
  explicit SecretFiles(const SecretsConfig& config)
      : passwords(config.password_option, config.password_file),
        tokens(config.token_option, config.token_file) {}
  [[nodiscard]] std::size_t fingerprint() const {
    return joined_fingerprint(passwords.fingerprint(), tokens.fingerprint());
  }

  FollowedFile passwords;
  FollowedFile tokens;
};

}  // namespace

SecretsConfig secrets_of(const SiteConfig& config) {
  const auto option = [&](const char* flag, const char* key) {
    if (config.is_default) return std::string(flag);
    return fmt::format("{} of the [[site]] {}", key, fmt::join(config.names, ", "));
  };
  return {.password_file = config.password_file,
          .token_file = config.token_file,
          .realm = config.realm,
          .password_option = option("--password-file", "password_file"),
          .token_option = option("--token-file", "token_file")};
}

SecretsConfig secrets_of(const RuleConfig& config) {
  return {.password_file = config.password_file,
          .token_file = config.token_file,
          .realm = config.realm,
          .password_option = config.place + ": password_file",
          .token_option = config.token_option.empty() ? config.place + ": token_file" : config.token_option};
}

Result<std::shared_ptr<const http::Filter>, std::string> open_authentication(const SecretsConfig& config,
                                                                             executor::Executor& executor,
                                                                             const std::string& exempt) {
  const SecretFiles files(config);
  auto passwords = TRY(files.passwords.parsed(auth::PasswordFile::parse));
  auto tokens = TRY(files.tokens.parsed(auth::TokenFile::parse));
  if (!passwords && !tokens) return nullptr;
  auth::Proofs proofs;
  if (passwords)
    proofs.passwords =
        std::make_shared<const auth::PasswordChecker>(*std::move(passwords), auth::password_lane(executor));
  if (tokens) proofs.tokens = std::make_shared<const auth::TokenFile>(*std::move(tokens));
  return std::make_shared<const auth::Authentication>(std::move(proofs), config.realm, exempt);
}

std::size_t fingerprint_of_secrets(const SecretsConfig& config) { return SecretFiles(config).fingerprint(); }

}  // namespace bobbin::app
