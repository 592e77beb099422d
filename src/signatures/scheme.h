#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "http/request_head.h"
#include "signatures/definition.h"
#include "signatures/refusal.h"
#include "signatures/verification.h"

namespace bobbin::signatures {

/// How a sender signs who is not among those that are known by name.
struct HmacConfig {
  std::string field;                    ///< the name of the field with the signature; must be given
  std::string prefix = {};              ///< what stands in front of the signature in it, such as "sha256="
  std::string signed_bytes = "{body}";  ///< a template, with {timestamp} when there is a timestamp_field
  std::string algorithm = "sha256";     ///< sha256, sha512 or sha1
  std::string encoding = "hex";         ///< hex or base64
  std::string timestamp_field = {};     ///< seconds since 1970; empty: there is none, and nothing expires
};

struct SchemeConfig {
  std::string scheme;      ///< standard, github, stripe, slack, shopify, gitlab or hmac
  std::string secrets;     ///< the text of a file of secrets: see secret_lines.h
  seconds tolerance{300};  ///< between a timestamp and the clock, to both sides; 1 s to 1 day
  /// How much of a request's content may be kept for Ed25519, in bytes; what is longer is refused.
  std::size_t most_kept_bytes = 1024 * 1024;
  std::optional<HmacConfig> hmac = {};  ///< for the scheme `hmac`, and for no other
};

/// Why a configuration is refused. It tells nothing of a secret.
struct ConfigFault {
  enum class Setting : std::uint8_t {
    scheme,
    secrets,
    tolerance,
    hmac,
    field,
    prefix,
    signed_bytes,
    algorithm,
    encoding,
    timestamp_field,
  };
  Setting setting;
  /// For `secrets`, what is wrong with the file, as the end of a sentence: "line 2 holds …". For the others,
  /// what is allowed, as in: "md5" is not allowed; sha256, sha512 or sha1.
  std::string reason;

  friend bool operator==(const ConfigFault&, const ConfigFault&) = default;
};

/// A scheme by which a sender signs, with its secrets: says of a request whether it is the sender's. A copy
/// costs little. Immutable. Thread: any.
class Scheme {
 public:
  /// A key of HMAC, or a token, that is shorter than this many bytes is refused.
  static constexpr std::size_t kShortestSecret = 16;

  [[nodiscard]] static Result<Scheme, ConfigFault> make(const SchemeConfig& config);

  /// Begins with the field section of a request. A refusal, which can be for every reason but `too_long`,
  /// comes before any content is needed. `now` is the moment at which the request has come.
  [[nodiscard]] Result<Verification, Refusal> begin(const http::Fields& fields, WallTime now) const;

  [[nodiscard]] SchemeName name() const { return definition_->name; }
  /// The fields that it reads, in lower case: what a record of the request must keep so that it can be
  /// verified again, unless they hold the secret itself.
  [[nodiscard]] std::vector<std::string> field_names() const;
  /// Whether a field that it reads holds the secret itself, so that no record may keep it.
  [[nodiscard]] bool reads_secret() const { return definition_->form == Form::token; }

 private:
  explicit Scheme(std::shared_ptr<const Definition> definition) : definition_(std::move(definition)) {}
  std::shared_ptr<const Definition> definition_;
};

}  // namespace bobbin::signatures
