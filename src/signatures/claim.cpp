#include "signatures/claim.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/ascii.h"

namespace bobbin::signatures {
namespace {

constexpr std::size_t kLongestId = 255;

Refusal refusal(Reason reason, const std::string& field) { return {.reason = reason, .field = field}; }

bool has(const http::Fields& fields, std::string_view name) {
  return std::ranges::any_of(fields.lines(), [name](const http::Field& field) {
    return equals_ignoring_case(field.name_text, name);
  });
}

Result<std::string_view, Refusal> only_value(const http::Fields& fields, const std::string& name) {
  std::optional<std::string_view> found;
  for (const http::Field& field : fields.lines()) {
    if (!equals_ignoring_case(field.name_text, name)) continue;
    if (found) return failure(refusal(Reason::repeated_field, name));
    found = field.value;
  }
  if (!found) return failure(refusal(Reason::missing_field, name));
  return *found;
}

/// Visible characters without a full stop: with one, another cut of the signed text into id, timestamp and
/// content would have the same signature (Standard Webhooks, "Signature scheme", asks senders to avoid it).
bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= kLongestId &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F' && c != '.'; });
}

/// Digits only, without a sign. More of them than 18 are no time, and would not fit.
std::optional<std::int64_t> seconds_of(std::string_view text) {
  if (text.empty() || text.size() > 18 || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// Collects the signatures of one field.
class Collector {
 public:
  Collector(const Definition& definition, Claim& claim) : definition_(definition), claim_(claim) {}

  void take_code(std::string_view text) {
    if (!definition_.has_secret_of<crypto::HmacKey>()) return take_other();
    take(text, crypto::mac_size(definition_.function), kMostCodes, claim_.codes);
  }
  void take_ed25519(std::string_view text) {
    if (!definition_.has_secret_of<crypto::Ed25519PublicKey>()) return take_other();
    take(text, crypto::Ed25519PublicKey::kSignatureBytes, kMostEd25519, claim_.ed25519);
  }
  /// One of a version that is not known, or for which there is no secret.
  void take_other() { has_other_version_ = true; }
  void take_timestamp(std::string_view text) {
    is_malformed_ = is_malformed_ || has_timestamp_;
    has_timestamp_ = true;
    claim_.timestamp = text;
  }

  [[nodiscard]] Result<void, Refusal> finish() const {
    const bool has_any = !claim_.codes.empty() || !claim_.ed25519.empty();
    if (has_any && !is_malformed_) return {};
    const bool is_of_other_version = has_other_version_ && !has_known_version_ && !is_malformed_;
    return failure(refusal(is_of_other_version ? Reason::unsupported_version : Reason::malformed_field,
                           claim_.signature_field));
  }

 private:
  void take(std::string_view text, std::size_t size, std::size_t most, std::vector<std::string>& into) {
    has_known_version_ = true;
    auto bytes = decode(definition_.encoding, text);
    if (!bytes || bytes->size() != size) return;
    is_malformed_ = is_malformed_ || into.size() == most;
    if (!is_malformed_) into.push_back(*std::move(bytes));
  }

  const Definition& definition_;
  Claim& claim_;
  bool has_known_version_ = false;
  bool has_other_version_ = false;
  bool has_timestamp_ = false;
  bool is_malformed_ = false;
};

/// Calls take(name, value) for each element of a list, such as v1,x v1a,y or t=1,v1=2.
template <typename Take>
void for_each_element(std::string_view list, char between, char behind_name, Take take) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(between), list.size());
    const std::string_view element = trim(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    const std::size_t name_end = element.find(behind_name);
    if (name_end == 0 || name_end == std::string_view::npos) continue;
    take(element.substr(0, name_end), element.substr(name_end + 1));
  }
}

Result<void, Refusal> read_signatures(const Definition& definition, std::string_view value, Claim& claim) {
  Collector collector(definition, claim);
  switch (definition.form) {
    case Form::token:
      if (value.empty()) return failure(refusal(Reason::malformed_field, claim.signature_field));
      claim.token = value;
      return {};
    case Form::single:
      if (!value.starts_with(definition.prefix))
        return failure(refusal(Reason::malformed_field, claim.signature_field));
      collector.take_code(value.substr(definition.prefix.size()));
      break;
    case Form::versions:
      for_each_element(value, ' ', ',', [&](std::string_view version, std::string_view signature) {
        if (version == "v1")
          collector.take_code(signature);
        else if (version == "v1a")
          collector.take_ed25519(signature);
        else
          collector.take_other();
      });
      break;
    case Form::parameters:
      for_each_element(value, ',', '=', [&](std::string_view name, std::string_view text) {
        if (name == "t")
          collector.take_timestamp(text);
        else if (name == "v1")
          collector.take_code(text);
        else
          collector.take_other();
      });
      break;
  }
  return collector.finish();
}

Result<void, Refusal> judge_timestamp(const Definition& definition, const std::string& field, Claim& claim,
                                      WallTime now) {
  const auto sent = seconds_of(claim.timestamp);
  if (!sent) return failure(refusal(Reason::malformed_field, field));
  claim.timestamp_seconds = *sent;
  const std::int64_t age = std::chrono::floor<seconds>(now).time_since_epoch().count() - *sent;
  if (age > definition.tolerance.count()) return failure(refusal(Reason::too_old, field));
  if (age < -definition.tolerance.count()) return failure(refusal(Reason::too_new, field));
  return {};
}

const FieldNames& spelling_of(const Definition& definition, const http::Fields& fields) {
  for (const FieldNames& spelling : definition.spellings)
    if (has(fields, spelling.signature)) return spelling;
  return definition.spellings.front();
}

}  // namespace

Result<Claim, Refusal> read_claim(const Definition& definition, const http::Fields& fields, WallTime now) {
  const FieldNames& names = spelling_of(definition, fields);
  Claim claim{.signature_field = names.signature};
  const std::string_view value = TRY(only_value(fields, names.signature));
  if (!names.id.empty()) {
    const std::string_view id = TRY(only_value(fields, names.id));
    if (!is_id(id)) return failure(refusal(Reason::malformed_field, names.id));
    claim.id = id;
  }
  if (!names.timestamp.empty()) claim.timestamp = TRY(only_value(fields, names.timestamp));
  TRY(read_signatures(definition, value, claim));
  const bool stands_in_signature = names.timestamp.empty();
  if (definition.signed_bytes.has_timestamp())
    TRY(judge_timestamp(definition, stands_in_signature ? names.signature : names.timestamp, claim, now));
  return claim;
}

}  // namespace bobbin::signatures
