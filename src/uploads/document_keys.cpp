#include "uploads/document_keys.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <utility>

#include "base/ascii.h"
#include "http/field_syntax.h"

namespace bobbin::uploads {
namespace {

using store::DocumentKey;

constexpr std::string_view kJson = "json:";

struct FieldValue {
  std::string_view text;
  std::size_t lines = 0;
};

FieldValue value_of(const http::Fields& fields, std::string_view name) {
  FieldValue value;
  for (const http::Field& field : fields.lines())
    if (equals_ignoring_case(field.name_text, name)) value = {field.value, value.lines + 1};
  return value;
}

/// Of texts that may hold anything: no other texts have the same.
crypto::Digest digest_of_parts(const std::vector<std::string>& parts) {
  crypto::Sha256 digest;
  for (const std::string& part : parts) digest.add(fmt::format("{}:", part.size())).add(part);
  return digest.finish();
}

}  // namespace

std::optional<KeySource> KeySource::parse(std::string_view text) {
  if (text == "digest") return KeySource(Kind::content, "digest", {});
  if (text == "cloudevent")
    return KeySource(Kind::cloud_event, "cloudevent",
                     {*json::Pointer::parse("/source"), *json::Pointer::parse("/id")});
  if (text.starts_with(kField)) {
    const std::string_view name = text.substr(kField.size());
    if (!http::is_token(name)) return std::nullopt;
    return KeySource(Kind::field, std::string(kField) + lowercase(name), {});
  }
  if (!text.starts_with(kJson)) return std::nullopt;
  auto pointer = json::Pointer::parse(text.substr(kJson.size()));
  if (!pointer || pointer->tokens().empty()) return std::nullopt;
  return KeySource(Kind::json, std::string(text), {*std::move(pointer)});
}

DocumentKey::OtherContent KeySource::usual_rule() const {
  // draft-ietf-httpapi-idempotency-key-header §2.7: 422. The ids of webhooks are for recognising alone.
  return text_ == "header:idempotency-key" ? DocumentKey::OtherContent::refused
                                           : DocumentKey::OtherContent::stored;
}

KeyReader::KeyReader(const KeySettings& settings, const http::Request& request) : settings_(settings) {
  const http::Fields& fields = request.head.fields;
  if (request.user != nullptr) user_ = *request.user;
  for (const KeySource& source : settings.sources) {
    auto& parts = in_fields_.emplace_back();
    std::vector<std::string_view> names;
    if (source.kind() == KeySource::Kind::field) names = {source.field_name()};
    if (source.kind() == KeySource::Kind::cloud_event) names = {"ce-source", "ce-id"};
    if (source.kind() == KeySource::Kind::content) content_.emplace();
    std::vector<std::string> found;
    for (const std::string_view name : names) {
      const FieldValue value = value_of(fields, name);
      if (value.lines > 1 && repeated_field_.empty()) repeated_field_ = name;
      if (!value.text.empty()) found.emplace_back(value.text);
    }
    if (!names.empty() && found.size() == names.size()) parts = std::move(found);
  }
}

std::vector<json::Pointer> KeyReader::wanted() const {
  std::vector<json::Pointer> pointers;
  for (const KeySource& source : settings_.sources)
    std::ranges::copy(source.pointers(), std::back_inserter(pointers));
  return pointers;
}

std::optional<std::vector<std::string>> KeyReader::parts(std::size_t source, std::size_t first_pointer,
                                                         const json::Validator& validator,
                                                         std::optional<std::size_t> place) {
  if (in_fields_[source]) {
    auto found = in_fields_[source];
    if (place) found->push_back(std::to_string(*place));
    return found;
  }
  const KeySource& from = settings_.sources[source];
  if (from.kind() == KeySource::Kind::content) return std::vector{crypto::hex_of(content_->finish())};
  std::vector<std::string> found;
  for (std::size_t i = 0; i < from.pointers().size(); ++i) {
    const auto& value = validator.found(first_pointer + i);
    if (!value || value->empty()) return std::nullopt;
    found.push_back(*value);
  }
  return found.empty() ? std::nullopt : std::optional(std::move(found));
}

Result<KeyReader::Key, std::string> KeyReader::finish(const json::Validator& validator,
                                                      std::optional<std::size_t> place) {
  if (!repeated_field_.empty())
    return failure(
        fmt::format("The field {} identifies a document, and may be sent only once.", repeated_field_));
  std::size_t pointer = 0;
  for (std::size_t i = 0; i < settings_.sources.size(); ++i) {
    const KeySource& source = settings_.sources[i];
    if (auto found = parts(i, pointer, validator, place)) {
      std::vector<std::string> all{source.text(), user_};
      std::ranges::move(*found, std::back_inserter(all));
      return DocumentKey{.digest = digest_of_parts(all),
                         .other_content = settings_.other_content.value_or(source.usual_rule()),
                         .window = settings_.window};
    }
    pointer += source.pointers().size();
  }
  if (!settings_.is_required) return std::nullopt;
  std::string names;
  for (const KeySource& source : settings_.sources) names += (names.empty() ? "" : " or ") + source.text();
  return failure(fmt::format("Nothing identifies the document. It needs {}.", names));
}

}  // namespace bobbin::uploads
