#include "http/request_id.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/ascii.h"

namespace bobbin::http {
namespace {

constexpr std::size_t kLongest = 128;
constexpr std::string_view kUsualField = "X-Request-ID";

/// The value of the field of this name; nothing when there is none, or more than one.
std::optional<std::string_view> only_value(const Fields& fields, std::string_view name) {
  std::optional<std::string_view> found;
  for (const Field& field : fields.lines()) {
    if (!equals_ignoring_case(field.name_text, name)) continue;
    if (found) return std::nullopt;
    found = field.value;
  }
  return found;
}

}  // namespace

bool is_request_id(std::string_view text) {
  const auto is_allowed = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == ':' || c == '-';
  };
  return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, is_allowed);
}

std::string request_id(const SessionContext& context, const RequestHead& head, const Endpoint& peer) {
  const SessionSettings& settings = context.settings;
  if (!settings.request_ids) return {};
  if (context.proxies != nullptr && contains(context.proxies->proxies, peer)) {
    const std::string_view field =
        settings.request_id_field.empty() ? kUsualField : std::string_view(settings.request_id_field);
    const auto given = only_value(head.fields, field);
    if (given && is_request_id(*given)) return std::string(*given);
  }
  return context.services.new_request_id();
}

void append_request_id(std::string& out, const SessionSettings& settings, std::string_view id) {
  if (settings.request_id_field.empty() || id.empty()) return;
  out.append(settings.request_id_field).append(": ").append(id).append("\r\n");
}

}  // namespace bobbin::http
