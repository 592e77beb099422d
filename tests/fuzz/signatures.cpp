#include <algorithm>
#include <array>
#include <cstdint>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/assert.h"
#include "base/base64.h"
#include "given.h"
#include "http/request_head.h"
#include "signatures/known_schemes.h"
#include "signatures/scheme.h"
#include "signatures/secret_lines.h"

// A configuration, a file of secrets, the fields of a request and its content, with an empty line behind each
// of the first three. Compared with a reader that has the whole request, writes down what each secret would
// have signed it with (by OpenSSL's functions for a whole text), and looks whether that stands in the fields.
namespace bobbin::fuzz {
namespace {

using signatures::Encoding;
using signatures::SchemeName;
using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::int64_t kNow = 1'614'265'330;

/// svix/svix-webhooks, README.md of the server, "Asymmetric signatures": a key that everybody knows.
constexpr std::string_view kPublicKey = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
constexpr std::string_view kPrivateKey = "6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc=";

const unsigned char* unsigned_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac(std::string_view algorithm, std::string_view key, std::string_view text) {
  const EVP_MD* digest = algorithm == "sha1"     ? EVP_sha1()
                         : algorithm == "sha512" ? EVP_sha512()
                                                 : EVP_sha256();
  std::array<unsigned char, EVP_MAX_MD_SIZE> code{};
  unsigned size = 0;
  ASSERT(HMAC(digest, key.data(), static_cast<int>(key.size()), unsigned_bytes(text), text.size(),
              code.data(), &size) != nullptr);
  return {reinterpret_cast<const char*>(code.data()), size};
}

/// Ed25519 gives one signature for each text, so no other is looked for.
std::string ed25519(std::string_view text) {
  static EVP_PKEY* const key = [] {
    const std::string bytes = *decode_base64(kPrivateKey);
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, unsigned_bytes(bytes), bytes.size());
  }();
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::array<unsigned char, 64> signature{};
  std::size_t size = signature.size();
  ASSERT(EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key) == 1);
  ASSERT(EVP_DigestSign(context, signature.data(), &size, unsigned_bytes(text), text.size()) == 1);
  EVP_MD_CTX_free(context);
  return {reinterpret_cast<const char*>(signature.data()), size};
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes)
    for (const int digit : {static_cast<unsigned char>(c) >> 4, c & 15}) text += "0123456789abcdef"[digit];
  return text;
}

void replace_all(std::string& text, std::string_view word, std::string_view by) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size()))
    text.replace(at, word.size(), by);
}

std::vector<std::string> split(std::string_view text, char between) {
  std::vector<std::string> parts(1);
  for (const char c : text)
    if (c == between)
      parts.emplace_back();
    else
      parts.back() += c;
  return parts;
}

/// A request as the second reader sees it.
struct Reader {
  const signatures::SchemeConfig& config;
  SchemeName scheme;
  std::vector<std::string> secrets;  ///< as the file has them
  Fields fields;
  std::string body;

  [[nodiscard]] std::string algorithm() const { return config.hmac ? config.hmac->algorithm : "sha256"; }
  [[nodiscard]] bool is_base64() const {
    return scheme == SchemeName::standard || scheme == SchemeName::shopify ||
           (config.hmac && config.hmac->encoding == "base64");
  }

  /// The value, when the field is there exactly once.
  [[nodiscard]] std::optional<std::string> only(std::string_view name) const {
    std::optional<std::string> found;
    for (const auto& [field, value] : fields)
      if (lowercase(field) == lowercase(name)) {
        if (found) return std::nullopt;
        found = value;
      }
    return found;
  }
  [[nodiscard]] bool has(std::string_view name) const {
    return std::ranges::any_of(fields, [&](const auto& field) { return lowercase(field.first) == name; });
  }

  [[nodiscard]] std::string family() const { return has("webhook-signature") ? "webhook-" : "svix-"; }
  [[nodiscard]] std::string signature_field() const {
    switch (scheme) {
      case SchemeName::standard: return family() + "signature";
      case SchemeName::github: return "x-hub-signature-256";
      case SchemeName::stripe: return "stripe-signature";
      case SchemeName::slack: return "x-slack-signature";
      case SchemeName::shopify: return "x-shopify-hmac-sha256";
      case SchemeName::gitlab: return "x-gitlab-token";
      case SchemeName::hmac: return config.hmac->field;
    }
    return {};
  }
  [[nodiscard]] std::optional<std::string> timestamp() const {
    switch (scheme) {
      case SchemeName::standard: return only(family() + "timestamp");
      case SchemeName::slack: return only("x-slack-request-timestamp");
      case SchemeName::hmac:
        return config.hmac->timestamp_field.empty() ? "" : only(config.hmac->timestamp_field);
      case SchemeName::stripe: {
        std::optional<std::string> found;
        for (const std::string& element : split(only("stripe-signature").value_or(""), ','))
          if (trim(element).starts_with("t=")) {
            if (found) return std::nullopt;
            found = std::string(trim(element).substr(2));
          }
        return found;
      }
      default: return "";
    }
  }
  [[nodiscard]] bool expires() const {
    return scheme == SchemeName::standard || scheme == SchemeName::stripe || scheme == SchemeName::slack ||
           (config.hmac && !config.hmac->timestamp_field.empty());
  }
  [[nodiscard]] bool is_in_time() const {
    if (!expires()) return true;
    const std::string text = timestamp().value_or("");
    if (text.empty() || text.size() > 18 || text.find_first_not_of("0123456789") != std::string::npos)
      return false;
    const std::int64_t sent = std::stoll(text);
    return sent >= kNow - config.tolerance.count() && sent <= kNow + config.tolerance.count();
  }
  [[nodiscard]] bool has_id() const {
    if (scheme != SchemeName::standard) return true;
    const std::string id = only(family() + "id").value_or("");
    return !id.empty() && id.size() < 256 &&
           std::ranges::all_of(id, [](char c) { return c != '.' && c >= '!' && c <= '~'; });
  }

  [[nodiscard]] std::string signed_text() const {
    const std::string time = timestamp().value_or("");
    switch (scheme) {
      case SchemeName::standard: return only(family() + "id").value_or("") + "." + time + "." + body;
      case SchemeName::stripe: return time + "." + body;
      case SchemeName::slack: return "v0:" + time + ":" + body;
      case SchemeName::hmac: {
        std::string front = config.hmac->signed_bytes;
        const std::size_t at = front.find("{body}");
        std::string back = front.substr(at + 6);
        front.resize(at);
        replace_all(front, "{timestamp}", time);
        replace_all(back, "{timestamp}", time);
        return front + body + back;
      }
      default: return body;
    }
  }

  /// How `secret` would be written in the field of the signatures; empty for one with which nobody here
  /// signs.
  [[nodiscard]] std::string signature_of(const std::string& secret) const {
    if (scheme == SchemeName::gitlab) return secret;
    if (secret.starts_with("whpk_") && scheme == SchemeName::standard)
      return secret == kPublicKey ? "v1a," + encode_base64(ed25519(signed_text())) : "";
    const std::string key = scheme == SchemeName::standard ? *decode_base64(secret.substr(6)) : secret;
    const std::string code = hmac(algorithm(), key, signed_text());
    const std::string written = is_base64() ? encode_base64(code) : hex(code);
    switch (scheme) {
      case SchemeName::standard: return "v1," + written;
      case SchemeName::github: return "sha256=" + written;
      case SchemeName::stripe: return "v1=" + written;
      case SchemeName::slack: return "v0=" + written;
      case SchemeName::hmac: return config.hmac->prefix + written;
      default: return written;
    }
  }
  /// The elements of the field, digits in small letters.
  [[nodiscard]] std::vector<std::string> elements() const {
    const std::string value = only(signature_field()).value_or("");
    std::vector<std::string> all = scheme == SchemeName::standard ? split(value, ' ')
                                   : scheme == SchemeName::stripe ? split(value, ',')
                                                                  : std::vector<std::string>{value};
    std::string prefix = scheme == SchemeName::github   ? "sha256="
                         : scheme == SchemeName::stripe ? "v1="
                         : scheme == SchemeName::slack  ? "v0="
                         : config.hmac                  ? config.hmac->prefix
                                                        : "";
    for (std::string& element : all) {
      if (all.size() > 1) element = std::string(trim(element));
      if (!is_base64() && scheme != SchemeName::gitlab && element.starts_with(prefix))
        element = prefix + lowercase(std::string_view(element).substr(prefix.size()));
    }
    return all;
  }

  /// More elements than the limits of claim.h allow may be refused for their number, whatever they hold.
  [[nodiscard]] bool may_be_too_many() const { return elements().size() > signatures::kMostEd25519; }

  /// The first secret by which the request is authentic.
  [[nodiscard]] std::optional<std::size_t> secret() const {
    if (!has_id() || !is_in_time() || !only(signature_field())) return std::nullopt;
    const std::vector<std::string> all = elements();
    for (std::size_t i = 0; i < secrets.size(); ++i) {
      const std::string expected = signature_of(secrets[i]);
      const bool is_too_long = expected.starts_with("v1a,") && body.size() > config.most_kept_bytes;
      if (!expected.empty() && !is_too_long && std::ranges::find(all, expected) != all.end()) return i;
    }
    return std::nullopt;
  }
};

/// Takes the text in front of an empty line, or all of it.
std::string_view take_section(std::string_view& text) {
  const std::size_t end = std::min(text.find("\n\n"), text.size());
  const std::string_view section = text.substr(0, end);
  text.remove_prefix(std::min(end + 2, text.size()));
  return section;
}

/// "SCHEME" or "hmac|FIELD|PREFIX|TEMPLATE|ALGORITHM|ENCODING|TIMESTAMP FIELD".
signatures::SchemeConfig read_config(std::string_view line, std::string_view secrets, Choices& choices) {
  std::vector<std::string> words = split(line, '|');
  signatures::SchemeConfig config{.scheme = words[0], .secrets = std::string(secrets)};
  config.most_kept_bytes = choices.one_in(4) ? choices.below(64) : 1024 * 1024;
  if (choices.one_in(4)) config.tolerance = seconds(choices.below(700));
  if (words.size() == 1) return config;
  words.resize(7);
  config.hmac = {.field = words[1],
                 .prefix = words[2],
                 .signed_bytes = words[3],
                 .algorithm = words[4],
                 .encoding = words[5],
                 .timestamp_field = words[6]};
  return config;
}

/// Lines "name:value". @now, @old and so on are moments; @0 to @3 become the signatures of the secrets.
Fields read_fields(std::string_view text, const signatures::SchemeConfig& config) {
  Fields fields;
  for (const std::string& line : split(text, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || fields.size() == http::Fields::kMaximumCount) continue;
    std::string value(trim(std::string_view(line).substr(colon + 1)));
    const std::int64_t tolerance = config.tolerance.count();
    for (const auto& [word, moment] : {std::pair{"@now", kNow},
                                       {"@oldest", kNow - tolerance},
                                       {"@newest", kNow + tolerance},
                                       {"@old", kNow - tolerance - 1},
                                       {"@new", kNow + tolerance + 1}})
      replace_all(value, word, std::to_string(moment));
    fields.emplace_back(line.substr(0, colon), value);
  }
  return fields;
}

void sign(Reader& reader) {
  std::vector<std::string> made;
  for (const std::string& secret : reader.secrets) made.push_back(reader.signature_of(secret));
  for (auto& [name, value] : reader.fields)
    for (std::size_t i = 0; i < made.size(); ++i) replace_all(value, "@" + std::to_string(i), made[i]);
}

using Outcome = Result<signatures::Verified, signatures::Refusal>;

Outcome verify(const signatures::Scheme& scheme, const http::Fields& fields, std::string_view body,
               Choices* choices) {
  auto verification = scheme.begin(fields, WallTime(seconds(kNow)));
  if (!verification) return failure(verification.error());
  const ExactCopy copy(body);
  for (std::string_view rest = copy.text(); !rest.empty();) {
    const std::size_t size = choices == nullptr ? rest.size() : choices->piece(rest.size());
    verification->add(as_bytes(rest.substr(0, size)));
    rest.remove_prefix(size);
  }
  return verification->finish();
}

void check(const Reader& reader, const signatures::Scheme& scheme, Choices& choices) {
  http::Fields fields;
  for (const auto& [name, value] : reader.fields)
    ASSERT(fields.add({.name = http::FieldName::other, .name_text = name, .value = value}));
  const Outcome whole = verify(scheme, fields, reader.body, nullptr);
  ASSERT(verify(scheme, fields, reader.body, &choices) == whole);

  const auto expected = reader.secret();
  if (whole) {
    ASSERT(expected == whole->secret && whole->scheme == reader.scheme);
    ASSERT(whole->timestamp.has_value() == reader.expires());
    if (whole->timestamp) ASSERT(*whole->timestamp == std::stoll(*reader.timestamp()));
    ASSERT(whole->message_id.has_value() == (reader.scheme == SchemeName::standard));
    ASSERT(!whole->challenge || reader.scheme == SchemeName::slack);
  } else {
    ASSERT(!expected || reader.may_be_too_many());
    ASSERT(!whole.error().field.empty());
  }
}

/// What is said of files that hold nothing of a secret.
const std::string& what_is_always_said() {
  static const std::string all = [] {
    std::string text;
    for (const char* scheme : {"", "standard", "github", "hmac"})
      for (const char* secrets :
           {"", "x", " x", "\x01", "x\nx", "1\n2\n3\n4\n5", "whsec_", "whsec_x", "whpk_", "whsk_"})
        if (const auto made = signatures::Scheme::make({.scheme = scheme, .secrets = secrets}); !made)
          text += made.error().reason + "\n";
    return text;
  }();
  return all;
}

/// What a message repeats of a file of secrets would be in the log, unless the message says so whatever they
/// are.
void check_silence(const signatures::ConfigFault& fault, std::string_view secrets) {
  ASSERT(!fault.reason.empty());
  if (fault.setting != signatures::ConfigFault::Setting::secrets) return;
  for (const std::string& line : split(secrets, '\n'))
    if (line.size() > 20 && what_is_always_said().find(line) == std::string::npos)
      ASSERT(fault.reason.find(line) == std::string::npos);
}

void run(std::string_view input, Choices& choices) {
  const std::string_view line = take_section(input);
  const std::string_view secrets = take_section(input);
  const signatures::SchemeConfig config = read_config(line, secrets, choices);
  const auto scheme = signatures::Scheme::make(config);
  if (!scheme) return check_silence(scheme.error(), secrets);
  const std::string_view fields = take_section(input);
  Reader reader{.config = config,
                .scheme = signatures::known_scheme(config.scheme)->name,
                .secrets = {},
                .fields = read_fields(fields, config),
                .body = std::string(input)};
  const auto secret_lines = signatures::secret_lines(secrets);
  for (const signatures::SecretLine& secret : *secret_lines) reader.secrets.emplace_back(secret.text);
  sign(reader);
  check(reader, *scheme, choices);
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
