#include "http/target.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>

#include "base/ascii.h"
#include "base/assert.h"
#include "given.h"
#include "http/host_policy.h"

// A request target, and an authority as in Host. No accepted path can leave the root, decoded once or twice;
// no authority is taken for ours that does not name us.
namespace bobbin::fuzz {
namespace {

using http::Method;
using http::Target;

/// Percent-decoding in the most literal way; what is no encoding stays.
std::string decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_encoding =
        text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    decoded +=
        is_encoding ? static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2])) : text[i];
    if (is_encoding) i += 2;
  }
  return decoded;
}

bool stays_inside(std::string_view path) {
  if (!path.starts_with('/') || path.find_first_of(std::string_view("\\\0", 2)) != std::string_view::npos)
    return false;
  for (const std::string_view bad : {"//", "/./", "/../"})
    if (path.find(bad) != std::string_view::npos) return false;
  return !path.ends_with("/.") && !path.ends_with("/..");
}

/// The raw path without `.` and empty segments, by looking for them until none is left.
std::string without_empty_segments(std::string path) {
  for (const std::string_view bad : {"/./", "//"})
    for (std::size_t at = path.find(bad); at != std::string::npos; at = path.find(bad, at))
      path.replace(at, bad.size(), "/");
  if (path.ends_with("/.")) path.pop_back();
  return path;
}

void check_target(std::string_view text, Method method, http::PathRules rules) {
  http::RequestHead head;
  head.method = method;
  head.target = text;
  const auto result = http::parse_target(head, rules);
  const bool is_https = equals_ignoring_case(text.substr(0, text.find(':')), "https");
  if (const auto* refusal = std::get_if<http::Refusal>(&result))
    ASSERT(refusal->status == http::Status::bad_request ||
           (is_https && refusal->status == http::Status::misdirected_request));
  const auto* target = std::get_if<Target>(&result);
  ASSERT(target == nullptr || !is_https);
  if (target == nullptr) return;
  if (target->asterisk) return ASSERT(text == "*" && method == Method::options && target->path().empty());
  ASSERT(stays_inside(target->path()));
  ASSERT(stays_inside(decode(target->path())));
  ASSERT(is_within(target->query, text));
  ASSERT(std::all_of(target->query.begin(), target->query.end(),
                     [](char c) { return c > ' ' && c < 0x7F && c != '#'; }));
  if (!text.starts_with('/')) return;
  const std::string raw(text.substr(0, text.find('?')));
  const bool cleans = rules == http::PathRules::standard;
  ASSERT(decode(cleans ? without_empty_segments(raw) : raw) == target->path());
  ASSERT(target->began_with_two_slashes == raw.starts_with("//"));
}

void check_authority(std::string_view text) {
  const auto authority = http::parse_authority(text);
  if (!authority) return;
  const std::string& host = authority->host;
  ASSERT(!host.empty() && host == lowercase(host));
  ASSERT(std::all_of(host.begin(), host.end(), [](char c) { return c > ' ' && c < 0x7F; }));
  ASSERT(host.find_first_of("@/?#\\\"<>") == std::string::npos);
  ASSERT(host.starts_with('[') == host.ends_with(']'));
  if (host.ends_with('.')) return;  // one trailing dot is taken off: "a.." is "a."
  const std::string again = authority->port ? host + ":" + std::to_string(*authority->port) : host;
  const auto same = http::parse_authority(again);
  ASSERT(same && same->host == host && same->port == authority->port);
}

void check_policy(std::string_view text, bool wildcard) {
  Endpoint local;
  local.port = 8080;
  local.address = {192, 0, 2, 1};
  Endpoint bound = local;
  if (wildcard) bound.address = {};
  using Addresses = http::HostPolicy::Addresses;
  const auto accepts = [&](const http::HostPolicy& policy, std::string_view authority) {
    return policy.precision(http::parse_authority(authority), local, {bound}) != http::Precision::none;
  };
  if (accepts(http::HostPolicy({}, Addresses::ours), text)) {
    const auto authority = http::parse_authority(text);
    ASSERT(authority && authority->port == 8080);
    const bool names_this_machine =
        authority->host == "localhost" || authority->host == "127.0.0.1" || authority->host == "[::1]";
    const bool is_any = wildcard && authority->host == "0.0.0.0";
    ASSERT(authority->host == "192.0.2.1" || is_any || (wildcard && names_this_machine));
  }
  if (const auto allowed = http::HostPolicy::parse_allowed(text)) {
    const http::HostPolicy policy({*allowed}, Addresses::none);
    const bool is_pattern =
        allowed->port_rule == http::HostPolicy::Allowed::Port::any || allowed->host.starts_with('*');
    // Its own spelling is accepted, and nothing that merely begins or ends like it.
    if (!is_pattern) ASSERT(accepts(policy, text));
    if (!allowed->host.starts_with('*')) ASSERT(!accepts(policy, "x" + std::string(text)));
  }
}

void run(std::string_view input, Choices choices) {
  const ExactCopy copy(input);
  constexpr Method kMethods[] = {Method::get, Method::post, Method::options, Method::unknown};
  if (!input.empty())
    check_target(copy.text(), kMethods[choices.below(std::size(kMethods))],
                 choices.one_in(2) ? http::PathRules::strict : http::PathRules::standard);
  check_authority(copy.text());
  check_policy(copy.text(), choices.one_in(2));
}

}  // namespace
}  // namespace bobbin::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const bobbin::fuzz::Given given(data, size);
  bobbin::fuzz::run(given.input, given.choices);
  return 0;
}
