#include "inbox/forward_request.h"

#include <algorithm>
#include <fmt/format.h>
#include <span>
#include <utility>
#include <variant>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/list_lines.h"
#include "http/grammar.h"
#include "http/media_type.h"
#include "json/object.h"

namespace bobbin::inbox {
namespace {

// A name, or the beginning of names with a '*' behind.
constexpr std::string_view kSet[] = {"content-type", "user-agent", "idempotency-key", "webhook-*", "svix-*"};
// What is about a connection, or about bytes that are not those which are sent.
constexpr std::string_view kOfTheConnection[] = {"accept-encoding",
                                                 "connection",
                                                 "content-digest",
                                                 "content-encoding",
                                                 "content-length",
                                                 "expect",
                                                 "host",
                                                 "keep-alive",
                                                 "proxy-*",
                                                 "repr-digest",
                                                 "te",
                                                 "trailer",
                                                 "transfer-encoding",
                                                 "upgrade"};

bool is_among(std::string_view name, std::span<const std::string_view> patterns) {
  return std::ranges::any_of(patterns, [name](std::string_view pattern) {
    if (!pattern.ends_with('*')) return name == pattern;
    return name.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

bool is_field_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return http::is_in(http::CharacterSet::field_value, c); });
}

/// The page from which a browser has sent the document is not where this comes from.
bool is_passed_on(const Field& field) {
  return field.name != "origin" && !is_among(field.name, kSet) && !is_among(field.name, kOfTheConnection) &&
         http::is_token(field.name) && is_field_value(field.value);
}

/// The type and the subtype, in lower case.
std::string essence_of(std::string_view media_type) {
  return lowercase(trim(media_type.substr(0, media_type.find(';'))));
}

/// Under which type the document is sent: the one with which it came, unless another document was made of
/// what came, such as an object of a form, or one of several lines.
std::string content_type_of(const ForwardedRecord& record) {
  const auto kept = std::ranges::find(record.fields, "content-type", &Field::name);
  const bool is_known = kept != record.fields.end() && http::is_media_type(kept->value);
  if (record.is_binary) return is_known ? kept->value : "application/octet-stream";
  const std::string essence = is_known ? essence_of(kept->value) : "";
  if (essence == "application/cloudevents-batch+json") return "application/cloudevents+json";
  const bool is_json =
      essence == "application/json" || essence.ends_with("+json") || essence == "application/csp-report";
  return is_json ? kept->value : "application/json";
}

}  // namespace

ForwardedRecord forwarded_record(const journal::ReadEntry& read) {
  const auto& record = std::get<journal::Record>(read.entry.content);
  ForwardedRecord forwarded{
      .id = record.id, .content = std::string(read.body), .is_binary = record.is_binary};
  if (record.is_binary)  // a JSON string: quotation marks, and nothing that needs a backslash
    forwarded.content = decode_base64(read.body.substr(1, read.body.size() - 2)).value_or("");
  const auto head = json::Object::parse(std::string(read.head) + '}');
  const auto request = head ? head->object("request") : std::nullopt;
  const auto fields = request ? request->pairs("fields") : std::nullopt;
  if (!fields) return forwarded;
  for (const auto& [name, value] : *fields) forwarded.fields.push_back({name, value});
  return forwarded;
}

std::vector<Field> request_fields(const ForwardedRecord& record, const std::vector<Field>& own,
                                  const signatures::StandardSigner* signer, WallTime now) {
  const std::int64_t timestamp = std::chrono::floor<seconds>(now).time_since_epoch().count();
  std::vector<Field> fields{{"content-type", content_type_of(record)},
                            {"user-agent", "bobbin/" BOBBIN_VERSION},
                            {"idempotency-key", record.id},
                            {"webhook-id", record.id},
                            {"webhook-timestamp", std::to_string(timestamp)}};
  if (signer != nullptr)
    fields.push_back({"webhook-signature", signer->sign(record.id, timestamp, as_bytes(record.content))});
  const auto is_own = [&own](const Field& field) {
    return std::ranges::any_of(own, [&](const Field& each) { return lowercase(each.name) == field.name; });
  };
  for (const Field& field : record.fields)
    if (is_passed_on(field) && !is_own(field)) fields.push_back(field);
  fields.insert(fields.end(), own.begin(), own.end());
  return fields;
}

Result<Field, std::string> parse_own_field(std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  Field field{std::string(text.substr(0, colon)), ""};
  if (colon == text.size() || !http::is_token(field.name))
    return failure(std::string("a field is needed, Name: value"));
  field.value = trim(text.substr(colon + 1));
  if (!is_field_value(field.value))
    return failure(fmt::format("the value of {} has a control character", field.name));
  const std::string name = lowercase(field.name);
  if (is_among(name, kSet)) return failure(fmt::format("{} is a field that bobbin sets itself", field.name));
  if (is_among(name, kOfTheConnection))
    return failure(fmt::format("{} is a field of the connection, or of the content's bytes", field.name));
  return field;
}

Result<std::vector<Field>, std::string> parse_own_fields(std::string_view text) {
  std::vector<Field> fields;
  ListLines lines(text);
  while (const auto line = lines.next()) {
    auto field = parse_own_field(line->text);
    if (!field) return failure(fmt::format("line {} is not allowed: {}", line->number, field.error()));
    fields.push_back(*std::move(field));
  }
  return fields;
}

}  // namespace bobbin::inbox
