#include "signatures/scheme.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/ascii.h"
#include "http/field_syntax.h"
#include "signatures/known_schemes.h"
#include "signatures/secret_lines.h"
#include "signatures/standard_secret.h"

namespace bobbin::signatures {
namespace {

using Setting = ConfigFault::Setting;

constexpr std::size_t kLongestPrefix = 64;
constexpr std::size_t kLongestTemplate = 256;
constexpr seconds kLongestTolerance{86'400};

auto fault(Setting setting, std::string reason) {
  return failure(ConfigFault{.setting = setting, .reason = std::move(reason)});
}

// --- secrets

Result<Secret, std::string> secret_of_text(SchemeName scheme, crypto::HashFunction function,
                                           const SecretLine& line) {
  if (line.text.size() < Scheme::kShortestSecret)
    return failure(fmt::format("line {} holds a secret of {} bytes; at least {} are wanted, chosen at random",
                               line.number, line.text.size(), Scheme::kShortestSecret));
  if (scheme == SchemeName::gitlab) return Secret(crypto::sha256(line.text));
  return Secret(crypto::HmacKey(function, as_bytes(line.text)));
}

Result<void, ConfigFault> add_secrets(const SchemeConfig& config, Definition& definition) {
  const auto lines = secret_lines(config.secrets);
  if (!lines) return fault(Setting::secrets, lines.error());
  for (const SecretLine& line : *lines) {
    auto secret = definition.name == SchemeName::standard
                      ? standard_secret(line)
                      : secret_of_text(definition.name, definition.function, line);
    if (!secret) return fault(Setting::secrets, std::move(secret).error());
    definition.secrets.push_back(*std::move(secret));
  }
  return {};
}

// --- the scheme `hmac`

bool is_prefix(std::string_view text) {
  return text.size() <= kLongestPrefix && !text.starts_with(' ') &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7F'; });
}

Result<void, ConfigFault> read_fields(const HmacConfig& config, Definition& definition) {
  if (!http::is_token(config.field)) return fault(Setting::field, "the name of a field, such as X-Signature");
  if (!config.timestamp_field.empty() && !http::is_token(config.timestamp_field))
    return fault(Setting::timestamp_field, "the name of a field, such as X-Timestamp");
  if (equals_ignoring_case(config.field, config.timestamp_field))
    return fault(Setting::timestamp_field, "another field than that of the signature");
  if (!is_prefix(config.prefix))
    return fault(Setting::prefix,
                 fmt::format("at most {} ASCII characters, the first of which is no blank", kLongestPrefix));
  definition.spellings = {
      {.signature = lowercase(config.field), .timestamp = lowercase(config.timestamp_field)}};
  definition.prefix = config.prefix;
  return {};
}

/// {id} is for schemes that are known by name: their form makes sure that no other cut of the text is
/// possible.
Result<void, ConfigFault> read_template(const HmacConfig& config, Definition& definition) {
  const auto parsed = SignedBytes::parse(config.signed_bytes);
  if (!parsed || parsed->has_id() || config.signed_bytes.size() > kLongestTemplate)
    return fault(
        Setting::signed_bytes,
        fmt::format("a text of at most {} bytes with {{body}} once, and with {{timestamp}} at most once",
                    kLongestTemplate));
  if (parsed->has_timestamp() && config.timestamp_field.empty())
    return fault(Setting::signed_bytes, "a template without {timestamp}, since there is no timestamp field");
  if (!parsed->has_timestamp() && !config.timestamp_field.empty())
    return fault(Setting::signed_bytes,
                 "a template with {timestamp}, since a timestamp that is not signed proves nothing");
  definition.signed_bytes = *parsed;
  return {};
}

Result<void, ConfigFault> read_algorithm(const HmacConfig& config, Definition& definition) {
  if (config.algorithm == "sha256")
    definition.function = crypto::HashFunction::sha256;
  else if (config.algorithm == "sha512")
    definition.function = crypto::HashFunction::sha512;
  else if (config.algorithm == "sha1")
    definition.function = crypto::HashFunction::sha1;
  else
    return fault(Setting::algorithm, "sha256, sha512 or sha1");
  if (config.encoding == "hex")
    definition.encoding = Encoding::hex;
  else if (config.encoding == "base64")
    definition.encoding = Encoding::base64;
  else
    return fault(Setting::encoding, "hex or base64");
  return {};
}

}  // namespace

Result<Scheme, ConfigFault> Scheme::make(const SchemeConfig& config) {
  auto definition = known_scheme(config.scheme);
  if (!definition) return fault(Setting::scheme, std::string(all_scheme_names()));
  if (config.tolerance < seconds(1) || config.tolerance > kLongestTolerance)
    return fault(Setting::tolerance, fmt::format("1 to {} seconds", kLongestTolerance.count()));
  if (config.hmac.has_value() != (definition->name == SchemeName::hmac))
    return fault(Setting::hmac, "a description of the signatures for the scheme hmac, and for no other");
  if (config.hmac) {
    TRY(read_fields(*config.hmac, *definition));
    TRY(read_template(*config.hmac, *definition));
    TRY(read_algorithm(*config.hmac, *definition));
  }
  definition->tolerance = config.tolerance;
  definition->most_kept_bytes = config.most_kept_bytes;
  TRY(add_secrets(config, *definition));
  return Scheme(std::make_shared<const Definition>(*std::move(definition)));
}

Result<Verification, Refusal> Scheme::begin(const http::Fields& fields, WallTime now) const {
  Claim claim = TRY(read_claim(*definition_, fields, now));
  Verification verification(definition_, std::move(claim));
  // A token needs no content, so nobody has to send any for a wrong one.
  if (definition_->form == Form::token && !verification.match_token())
    return failure(Refusal{.reason = Reason::mismatch, .field = definition_->spellings.front().signature});
  return verification;
}

std::vector<std::string> Scheme::field_names() const {
  std::vector<std::string> names;
  for (const FieldNames& spelling : definition_->spellings)
    for (const std::string& name : {spelling.signature, spelling.timestamp, spelling.id})
      if (!name.empty()) names.push_back(name);
  return names;
}

}  // namespace bobbin::signatures
