#include "app/option_values.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "app/object_store_words.h"
#include "base/ascii.h"
#include "base/endpoint.h"
#include "coding/decoder.h"
#include "crypto/sha256.h"
#include "http/field_syntax.h"
#include "http/filters/client_certificates.h"
#include "http/host_policy.h"
#include "http/method.h"
#include "http/redirects.h"
#include "observe/log_place.h"
#include "os/unix_socket.h"
#include "signatures/known_schemes.h"
#include "uploads/document_keys.h"
#include "uploads/page_origins.h"

namespace bobbin::app {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
// The largest unit stands first, and the name that is written stands before its other spellings.
constexpr Unit kTimeUnits[] = {{"h", 3'600'000}, {"m", 60'000}, {"s", 1000},
                               {"", 1000},       {"ms", 1},     {"d", 86'400'000}};
constexpr std::uint64_t kThousand = 1000;
constexpr Unit kSizeUnits[] = {{"TiB", 1ULL << 40},
                               {"T", 1ULL << 40},
                               {"GiB", 1ULL << 30},
                               {"G", 1ULL << 30},
                               {"MiB", 1ULL << 20},
                               {"M", 1ULL << 20},
                               {"KiB", 1ULL << 10},
                               {"K", 1ULL << 10},
                               {"", 1},
                               {"TB", kThousand* kThousand* kThousand* kThousand},
                               {"GB", kThousand* kThousand* kThousand},
                               {"MB", kThousand* kThousand},
                               {"kB", kThousand}};

constexpr bool is_lowercase_letter(char c) { return c >= 'a' && c <= 'z'; }

/// Takes the digits off the front of `text` and returns them.
std::string_view take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const std::string_view digits(text.begin(), end);
  text.remove_prefix(digits.size());
  return digits;
}

bool is_request_path_character(char c) {
  return c > ' ' && c < '\x7f' && std::string_view(R"("#%<>?[\]^`{|})").find(c) == std::string_view::npos;
}

}  // namespace

std::optional<std::uint64_t> parse_whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<milliseconds> parse_time(std::string_view text) {
  std::string digits(take_digits(text));
  if (digits.empty()) return std::nullopt;
  std::uint64_t divisor = 1;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::string_view fraction = take_digits(text);
    if (fraction.empty()) return std::nullopt;
    digits += fraction;
    for (std::size_t i = 0; i < fraction.size(); ++i) divisor *= 10;
  }
  // Twelve digits of hours are still fewer than 2^63 milliseconds.
  if (digits.size() > 12) return std::nullopt;
  const auto* unit = std::ranges::find(kTimeUnits, text, &Unit::name);
  if (unit == std::end(kTimeUnits)) return std::nullopt;
  const std::uint64_t number = *parse_whole_number(digits);
  if (number > std::numeric_limits<std::int64_t>::max() / unit->factor) return std::nullopt;  // of days
  const std::uint64_t scaled = number * unit->factor;
  // Finer than a millisecond is refused, not rounded: a rounded 0 would mean "off" or "at once".
  if (scaled % divisor != 0) return std::nullopt;
  return milliseconds(scaled / divisor);
}

std::string time_text(milliseconds time) {
  const auto count = static_cast<std::uint64_t>(time.count());
  if (count == 0) return "0";
  const auto* unit = std::ranges::find_if(kTimeUnits, [&](const Unit& u) { return count % u.factor == 0; });
  return std::to_string(count / unit->factor) + std::string(unit->name);
}

std::optional<bool> parse_switch(std::string_view text) {
  constexpr std::string_view kOn[] = {"on", "true", "yes", "1"};
  constexpr std::string_view kOff[] = {"off", "false", "no", "0"};
  const auto is_text = [text](std::string_view word) { return equals_ignoring_case(word, text); };
  if (std::ranges::any_of(kOn, is_text)) return true;
  if (std::ranges::any_of(kOff, is_text)) return false;
  return std::nullopt;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = parse_whole_number(take_digits(text));
  const auto* unit =
      std::ranges::find_if(kSizeUnits, [&](const Unit& u) { return equals_ignoring_case(u.name, text); });
  if (!number || unit == std::end(kSizeUnits)) return std::nullopt;
  if (*number > std::numeric_limits<std::uint64_t>::max() / unit->factor) return std::nullopt;
  return *number * unit->factor;
}

std::string size_text(std::uint64_t bytes) {
  if (bytes == 0) return "0";
  const auto* unit = std::ranges::find_if(kSizeUnits, [&](const Unit& u) { return bytes % u.factor == 0; });
  return std::to_string(bytes / unit->factor) + std::string(unit->name);
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> items;
  if (trim(text).empty()) return items;
  while (true) {
    const std::size_t end = text.find(separator);
    items.emplace_back(trim(text.substr(0, end)));
    if (end == std::string_view::npos) return items;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::string> accept_any(std::string_view text) { return std::string(text); }

std::optional<std::string> accept_non_empty(std::string_view text) {
  return text.empty() ? std::nullopt : accept_any(text);
}

std::optional<std::string> accept_address(std::string_view text) {
  if (equals_ignoring_case(text, "localhost")) return "localhost";
  const bool in_brackets = text.starts_with('[') && text.ends_with(']');
  const auto address = parse_address(in_brackets ? text.substr(1, text.size() - 2) : text);
  if (!address || (in_brackets && address->family != Endpoint::Family::ipv6)) return std::nullopt;
  return address->address_text();
}

std::optional<std::string> accept_bind(std::string_view text) {
  constexpr std::size_t kMaximumNameBytes = 255;  // FDNAME_MAX of systemd
  if (text.starts_with(kUnixPrefix)) {
    const std::string_view path = text.substr(kUnixPrefix.size());
    const bool is_path = !path.empty() && path.size() <= os::kMaximumSocketPathBytes &&
                         path.find('\0') == std::string_view::npos && !path.starts_with('@');
    return is_path ? accept_any(text) : std::nullopt;
  }
  if (text.starts_with(kPassedPrefix)) {
    const std::string_view name = text.substr(kPassedPrefix.size());
    const bool is_name = !name.empty() && name.size() <= kMaximumNameBytes &&
                         std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f' && c != ':'; });
    return is_name ? accept_any(text) : std::nullopt;
  }
  return accept_address(text);
}

std::optional<std::string> accept_admin(std::string_view text) {
  if (text.starts_with(kUnixPrefix) || text.starts_with(kPassedPrefix)) return accept_bind(text);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool has_colon = host.find(':') != std::string_view::npos;
  if (has_colon && !host.starts_with('[')) return std::nullopt;
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || !accept_address(host)) return std::nullopt;
  return accept_any(text);
}

std::optional<std::string> accept_mode(std::string_view text) {
  const bool is_octal = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '7'; });
  if (!is_octal || text.size() < 3 || text.size() > 4 || (text.size() == 4 && text.front() != '0'))
    return std::nullopt;
  return accept_any(text);
}

std::optional<std::string> accept_user(std::string_view text) {
  const bool is_printable =
      std::ranges::all_of(text, [](char c) { return c > ' ' && c != '\x7f' && c != ':'; });
  return is_printable ? accept_any(text) : std::nullopt;
}

std::optional<std::string> accept_owner(std::string_view text) {
  const bool is_printable = std::ranges::all_of(text, [](char c) { return c > ' ' && c != '\x7f'; });
  const auto colons = std::ranges::count(text, ':');
  if (!is_printable || colons > 1 || (colons == 1 && text.ends_with(':'))) return std::nullopt;
  return accept_any(text);
}

std::optional<std::string> accept_network(std::string_view text) {
  const auto network = Network::parse(text);
  return network ? std::optional(network->text()) : std::nullopt;
}

Networks networks_of(const std::vector<std::string>& texts) {
  Networks networks;
  for (const std::string& text : texts)
    if (const auto network = Network::parse(text)) networks.push_back(*network);
  return networks;
}

std::optional<std::string> accept_host(std::string_view text) {
  return http::HostPolicy::parse_allowed(text) ? accept_any(text) : std::nullopt;
}

std::optional<std::string> accept_site_name(std::string_view text) {
  return text == "*" ? std::nullopt : accept_host(text);
}

std::optional<std::string> accept_extension(std::string_view text) {
  if (text.starts_with('.')) text.remove_prefix(1);
  std::string extension = lowercase(text);
  const bool good = std::ranges::all_of(extension, [](char c) {
    return is_digit(c) || is_lowercase_letter(c) || c == '-' || c == '+' || c == '_';
  });
  if (extension.empty() || !good) return std::nullopt;
  return extension;
}

std::optional<std::string> accept_request_path(std::string_view text) {
  if (!std::ranges::all_of(text, is_request_path_character)) return std::nullopt;
  std::string_view rest = text;
  do {
    if (!rest.starts_with('/')) return std::nullopt;
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (segment.empty() || segment == "." || segment == "..") return std::nullopt;
    rest.remove_prefix(segment.size());
  } while (!rest.empty());
  return std::string(text);
}

std::optional<std::string> accept_mount_path(std::string_view text) {
  if (text.ends_with('/')) text.remove_suffix(1);
  return accept_request_path(text);
}

std::optional<std::string> accept_inbox_path(std::string_view text) {
  return text.empty() ? std::string() : accept_mount_path(text);
}

std::optional<std::string> accept_optional_field_name(std::string_view text) {
  return text.empty() ? std::string() : accept_field_name(text);
}

std::optional<std::string> accept_log_place(std::string_view text) {
  return observe::parse_log_place(text) ? std::optional(std::string(text)) : std::nullopt;
}

std::optional<std::string> accept_node(std::string_view text) {
  return text.empty() ? std::string() : accept_inbox_name(text);
}

std::optional<std::string> accept_location(std::string_view text) {
  return object_store::parse_location(text) ? accept_any(text) : std::nullopt;
}

std::optional<std::string> accept_endpoint(std::string_view text) {
  return text.empty() || is_endpoint(text) ? accept_any(text) : std::nullopt;
}

std::optional<std::string> accept_region(std::string_view text) {
  return text.empty() || is_region(text) ? accept_any(text) : std::nullopt;
}

std::optional<std::string> accept_addressing(std::string_view text) {
  return text.empty() || text == "path" || text == "host" ? accept_any(text) : std::nullopt;
}

std::optional<std::string> accept_inbox_name(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  const auto is_allowed = [](char c) { return is_digit(c) || c == '-' || (c >= 'a' && c <= 'z'); };
  if (text.empty() || text.size() > kLongest || !std::ranges::all_of(text, is_allowed)) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> accept_inbox_status(std::string_view text) {
  if (text.empty()) return "";
  for (const std::string_view allowed : {"200", "201", "202", "204"})
    if (text == allowed) return std::string(text);
  return std::nullopt;
}

std::optional<std::string> accept_inbox_type(std::string_view text) {
  for (const std::string_view allowed :
       {"json", "form", "multipart", "files", "ndjson", "cloudevents-batch", "text", "reports", "any"})
    if (text == allowed) return std::string(text);
  return std::nullopt;
}

std::optional<std::string> accept_inbox_coding(std::string_view text) {
  for (const http::ContentCoding coding : http::kContentCodings)
    if (coding::kDecodings.has(coding) && text == name_of(coding)) return std::string(text);
  return std::nullopt;
}

std::optional<std::string> accept_inbox_redirect(std::string_view text) {
  if (text.empty()) return "";
  // The target of a redirect from anywhere.
  auto redirect = http::Redirect::parse("/* " + std::string(text) + " 303");
  if (!redirect || redirect->has_splat || redirect->status != http::Status::see_other) return std::nullopt;
  return std::move(redirect->before_splat);
}

std::optional<std::string> accept_page_origin(std::string_view text) {
  // A host may have a '*' by the grammar, but is meant as a pattern, which it would not be.
  if (text.find('*') != std::string_view::npos || !uploads::PageOrigin::parse(text)) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> accept_key_source(std::string_view text) {
  if (text == "sender") return std::string(text);
  const auto source = uploads::KeySource::parse(text);
  return source ? std::optional(source->text()) : std::nullopt;
}

std::optional<std::string> accept_key_conflict(std::string_view text) {
  for (const std::string_view allowed : {"", "refuse", "store", "ignore"})
    if (text == allowed) return std::string(text);
  return std::nullopt;
}

std::optional<std::string> accept_on_invalid(std::string_view text) {
  if (text == "reject" || text == "quarantine") return std::string(text);
  return std::nullopt;
}

std::optional<std::string> accept_inbox_store(std::string_view text) {
  if (text == "record" || text == "segments") return std::string(text);
  return std::nullopt;
}

std::optional<std::string> accept_kept_field(std::string_view text) {
  std::string_view name = text;
  if (name.ends_with('*')) name.remove_suffix(1);
  if (!accept_field_name(name)) return std::nullopt;
  std::string lower = lowercase(text);
  for (const std::string_view secret : {"authorization", "proxy-authorization", "cookie"})
    if (lower == secret) return std::nullopt;
  return lower;
}

std::optional<std::string> accept_signature_scheme(std::string_view text) {
  if (!text.empty() && !signatures::known_scheme(text)) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> accept_header(std::string_view text) {
  // The fields that say how a message is framed, what its content is, or what becomes of the connection.
  constexpr std::string_view kOurs[] = {
      "Accept-Post",
      "Accept-Ranges",
      "Allow",
      "Connection",
      "Content-Disposition",
      "Content-Encoding",
      "Content-Length",
      "Content-Range",
      "Content-Type",
      "Date",
      "ETag",
      "Keep-Alive",
      "Last-Modified",
      "Location",
      "Retry-After",
      "Server",
      "TE",
      "Trailer",
      "Transfer-Encoding",
      "Upgrade",
  };
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view name = text.substr(0, colon);
  const auto value = accept_field_value(trim(text.substr(colon + 1)));
  const bool is_ours =
      std::ranges::any_of(kOurs, [&](std::string_view ours) { return equals_ignoring_case(name, ours); });
  if (!http::is_token(name) || is_ours || !value || value->empty()) return std::nullopt;
  return std::string(name) + ": " + *value;
}

std::optional<std::string> accept_hsts(std::string_view text) {
  if (text.empty()) return "";
  std::string value;
  bool has_age = false;
  for (const std::string& directive : split_list(text, ';')) {
    const std::string lower = lowercase(directive);
    const bool is_age = lower.starts_with("max-age=");
    if (is_age && (has_age || !parse_whole_number(std::string_view(lower).substr(8)))) return std::nullopt;
    if (!is_age && lower != "includesubdomains" && lower != "preload") return std::nullopt;
    has_age |= is_age;
    value += (value.empty() ? "" : "; ") + directive;
  }
  return has_age ? std::optional(value) : std::nullopt;
}

std::optional<std::string> accept_path_pattern(std::string_view text) {
  const auto pattern = http::PathPattern::parse(text);
  return pattern ? std::optional(pattern->text()) : std::nullopt;
}

std::vector<http::PathPattern> path_patterns_of(const std::vector<std::string>& texts) {
  std::vector<http::PathPattern> patterns;
  for (const std::string& text : texts)
    if (auto pattern = http::PathPattern::parse(text)) patterns.push_back(*std::move(pattern));
  return patterns;
}

std::optional<std::string> accept_hidden_name(std::string_view text) {
  return text.starts_with('.') ? accept_path_pattern(text) : std::nullopt;
}

std::optional<std::string> accept_method(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return is_lowercase_letter(c) ? static_cast<char>(c - 32) : c; });
  return http::recognize_method(upper) == http::Method::unknown ? std::nullopt : std::optional(upper);
}

std::optional<std::string> accept_status(std::string_view text) {
  if (text.size() != 3 || text[0] < '1' || text[0] > '5') return std::nullopt;
  std::string lower = lowercase(text);
  if (lower.ends_with("xx") || (is_digit(text[1]) && is_digit(text[2]))) return lower;
  return std::nullopt;
}

int status_or_class(std::string_view text) {
  return text.ends_with("xx") ? text[0] - '0' : static_cast<int>(*parse_whole_number(text));
}

std::optional<std::string> accept_field_name(std::string_view text) {
  return http::is_token(text) && accept_header(std::string(text) + ": x") ? std::optional(std::string(text))
                                                                          : std::nullopt;
}

std::optional<std::string> accept_origin(std::string_view text) {
  if (text == "*") return "*";
  const std::string lower = lowercase(text);
  const std::size_t end = lower.find("://");
  if (end == std::string::npos || end == 0 || !http::is_token(std::string_view(lower).substr(0, end)))
    return std::nullopt;
  const std::string_view authority = std::string_view(lower).substr(end + 3);
  return http::parse_authority(authority) && authority.find(' ') == std::string_view::npos
             ? std::optional(lower)
             : std::nullopt;
}

std::optional<std::string> accept_redirect(std::string_view text) {
  return http::Redirect::parse(text) ? std::optional<std::string>(text) : std::nullopt;
}

std::optional<std::string> accept_name(std::string_view text) {
  if (text.empty()) return "";
  const auto authority = http::parse_authority(text);
  if (!authority || authority->port || parse_address(text) || text.starts_with('[')) return std::nullopt;
  return text.find_first_of("*:") == std::string_view::npos ? std::optional(authority->host) : std::nullopt;
}

std::optional<std::string> accept_file_name(std::string_view text) {
  if (text.empty() || text.starts_with('.') || text.find('/') != std::string_view::npos) return std::nullopt;
  return std::string(text);
}

std::optional<std::string> accept_spa(std::string_view text) {
  if (text.empty()) return "";
  if (const auto is_on = parse_switch(text)) return *is_on ? "index.html" : "";
  if (text.starts_with('/')) text.remove_prefix(1);
  return accept_request_path("/" + std::string(text)) ? std::optional<std::string>(text) : std::nullopt;
}

std::optional<std::string> accept_error_page(std::string_view text) {
  const std::size_t sign = text.find('=');
  if (sign == std::string_view::npos || sign + 1 == text.size()) return std::nullopt;
  const auto status = accept_status(text.substr(0, sign));
  if (!status || ((*status)[0] != '4' && (*status)[0] != '5')) return std::nullopt;
  return *status + std::string(text.substr(sign));
}

std::optional<std::string> accept_realm(std::string_view text) {
  if (text.empty() || text.find_first_of("\"\\") != std::string_view::npos) return std::nullopt;
  return accept_field_value(text);
}

std::optional<std::string> accept_certificate(std::string_view text) {
  using http::filters::ClientCertificates;
  if (!lowercase(text).starts_with(ClientCertificates::kFingerprint)) return accept_non_empty(text);
  std::string digits = lowercase(text.substr(ClientCertificates::kFingerprint.size()));
  std::erase(digits, ':');
  if (!crypto::digest_from_hex(digits)) return std::nullopt;
  return std::string(ClientCertificates::kFingerprint) + digits;
}

std::optional<std::string> accept_field_value(std::string_view text) {
  const bool visible = std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7f'; });
  if (!visible || trim(text) != text) return std::nullopt;
  return std::string(text);
}

}  // namespace bobbin::app
