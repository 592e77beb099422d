#include "app/open_authentication.h"

#include <utility>

#include "app/followed_file.h"
#include "auth/authentication.h"

namespace bobbin::app {
namespace {

struct SecretFiles {
  explicit SecretFiles(const SecretsConfig& config)
      : passwords("--password-file", config.password_file), tokens("--token-file", config.token_file) {}
  [[nodiscard]] std::size_t fingerprint() const {
    return joined_fingerprint(passwords.fingerprint(), tokens.fingerprint());
  }

  FollowedFile passwords;
  FollowedFile tokens;
};

}  // namespace

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
