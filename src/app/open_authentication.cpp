#include "app/open_authentication.h"

#include <fmt/format.h>
#include <functional>
#include <optional>
#include <utility>

#include "app/options.h"
#include "auth/authentication.h"
#include "os/file.h"

namespace bobbin::app {
namespace {

/// A file of secrets as it was at one moment.
class SecretFile {
 public:
  /// `option`: which names it. An empty name: there is none.
  SecretFile(const char* option, const std::string& name) : option_(option), name_(name) {
    if (!name.empty()) text_ = os::read_file(name);
  }

  [[nodiscard]] std::size_t fingerprint() const {
    if (!text_) return 0;
    return *text_ ? std::hash<std::string>()(**text_) : static_cast<std::size_t>(text_->error().code);
  }

  /// Nothing: there is no such file.
  template <typename File>
  [[nodiscard]] Result<std::optional<File>, std::string> parsed() const {
    if (!text_) return std::optional<File>();
    if (!*text_)
      return failure(
          fmt::format("{}: {} cannot be read: {}", option_, in_quotes(name_), text_->error().message()));
    auto file = File::parse(**text_);
    if (!file)
      return failure(fmt::format("{}: {} cannot be used: {}", option_, in_quotes(name_), file.error()));
    return std::optional<File>(*std::move(file));
  }

 private:
  const char* option_;
  std::string name_;
  std::optional<Result<std::string>> text_;
};

struct SecretFiles {
  explicit SecretFiles(const SecretsConfig& config)
      : passwords("--password-file", config.password_file), tokens("--token-file", config.token_file) {}
  [[nodiscard]] std::size_t fingerprint() const {
    return passwords.fingerprint() * 31 + tokens.fingerprint();
  }

  SecretFile passwords;
  SecretFile tokens;
};

}  // namespace

Result<OpenAuthentication, std::string> open_authentication(const SecretsConfig& config,
                                                            executor::Executor& executor,
                                                            const std::string& exempt) {
  const SecretFiles files(config);
  auto passwords = TRY(files.passwords.parsed<auth::PasswordFile>());
  auto tokens = TRY(files.tokens.parsed<auth::TokenFile>());
  OpenAuthentication opened{.filter = nullptr, .fingerprint = files.fingerprint()};
  if (!passwords && !tokens) return opened;
  auth::Proofs proofs;
  if (passwords)
    proofs.passwords =
        std::make_shared<const auth::PasswordChecker>(*std::move(passwords), auth::password_lane(executor));
  if (tokens) proofs.tokens = std::make_shared<const auth::TokenFile>(*std::move(tokens));
  opened.filter = std::make_shared<const auth::Authentication>(std::move(proofs), config.realm, exempt);
  return opened;
}

std::size_t fingerprint_of_secrets(const SecretsConfig& config) { return SecretFiles(config).fingerprint(); }

}  // namespace bobbin::app
