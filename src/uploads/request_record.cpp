#include "uploads/request_record.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/append.h"
#include "base/ascii.h"
#include "base/utf8.h"
#include "json/object.h"
#include "signatures/known_schemes.h"

namespace bobbin::uploads {
namespace {

// What a program that takes the record wants to know in any case: the type, who has sent it, and the fields
// of CloudEvents, Standard Webhooks and the senders whose signatures are known.
constexpr std::string_view kAlways[] = {
    "content-type", "user-agent", "origin",     "traceparent", "ce-*",      "webhook-*", "svix-*",
    "x-github-*",   "x-hub-*",    "x-gitlab-*", "x-shopify-*", "x-slack-*", "stripe-*",  "idempotency-key"};
// These hold secrets, whatever an operator says.
constexpr std::string_view kNever[] = {"authorization", "proxy-authorization", "cookie", "x-gitlab-token"};

bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return name == pattern;
  pattern.remove_suffix(1);
  return name.starts_with(pattern);
}

void append_as_utf8(std::string& out, std::string_view text) {
  if (is_utf8(text)) return json::append_string(out, text);
  json::append_string(out, to_utf8(text));
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
  append_parts(out, out.empty() ? "{\"" : ",\"", name, "\":");
  append_as_utf8(out, value);
}

/// The same of at most so many bytes, with a second member that says when there were more.
void append_cut(std::string& out, const std::string& name, std::string_view value, std::size_t most_bytes) {
  append_member(out, name, value.substr(0, most_bytes));
  if (value.size() > most_bytes) fmt::format_to(std::back_inserter(out), ",\"{}_cut\":true", name);
}

/// The member `fields`, and `fields_cut` when there was no room for all.
std::string kept_fields(const http::Fields& fields, const KeptFields& kept) {
  std::string text;
  std::size_t bytes = 0;
  bool is_cut = false;
  for (const http::Field& field : fields.lines()) {
    const std::string name = lowercase(field.name_text);
    if (!kept.has(name)) continue;
    if (bytes + name.size() + field.value.size() > KeptFields::kMostBytes) {
      is_cut = true;
      continue;
    }
    bytes += name.size() + field.value.size();
    text += text.empty() ? "[" : ",[";
    append_as_utf8(text, name);
    text += ',';
    append_as_utf8(text, field.value);
    text += ']';
  }
  return ",\"fields\":[" + text + (is_cut ? "],\"fields_cut\":true" : "]");
}

}  // namespace

KeptFields::KeptFields(std::vector<std::string> patterns, std::vector<std::string> secret)
    : patterns_(std::move(patterns)), secret_(std::move(secret)) {}

bool KeptFields::has(std::string_view name) const {
  const auto is_it = [&](std::string_view pattern) { return matches(pattern, name); };
  if (std::ranges::any_of(kNever, is_it) || std::ranges::any_of(secret_, is_it)) return false;
  return std::ranges::any_of(kAlways, is_it) || std::ranges::any_of(patterns_, is_it);
}

RequestRecord::RequestRecord(const http::Request& request, const KeptFields& kept, Reading reading)
    : fields_(kept_fields(request.head.fields, kept)) {
  append_member(start_, "client", request.client.address_text());
  append_member(start_, "method", request.head.method_text);
  append_cut(start_, "target", request.head.target, kMostTargetBytes);
  if (request.user != nullptr && !request.user->empty()) append_member(start_, "user", *request.user);
  if (reading.is_form) start_ += R"(,"form":true)";
  if (reading.coding != http::ContentCoding::identity)
    append_member(start_, "coding", name_of(reading.coding));
}

std::string RequestRecord::text(const std::optional<signatures::Verified>& verified,
                                std::string_view invalid) const {
  std::string text = start_;
  if (verified) {
    fmt::format_to(std::back_inserter(text), ",\"verified\":{{\"scheme\":\"{}\",\"secret\":{}",
                   signatures::name_of(verified->scheme), verified->secret + 1);
    if (verified->message_id) append_cut(text, "id", *verified->message_id, kMostIdBytes);
    if (verified->timestamp)
      fmt::format_to(std::back_inserter(text), ",\"timestamp\":{}", *verified->timestamp);
    text += '}';
  }
  if (!invalid.empty()) append_cut(text, "invalid", invalid, kMostReasonBytes);
  return text + fields_ + '}';
}

}  // namespace bobbin::uploads
