#include "http/target.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "http/authority.h"
#include "http/grammar.h"
#include "http/percent_encoding.h"
#include "http/scan.h"

namespace bobbin::http {
namespace {

/// RFC 3986 §2: a URI is written in visible ASCII. NUL is left to find_violation, which answers it as the
/// attack that it is.
bool is_path_char(char c) { return c == '\0' || is_in(CharacterSet::query, c); }

bool is_query(std::string_view text) {
  const char* const end = text.data() + text.size();
  const char* const begin = text.data();
  return scan::skip<CharacterSet::query>(begin, end) == end;
}

/// Whether `path`, which starts with '/', means what it says: nothing to decode, to remove or to refuse.
bool is_plain(std::string_view path) {
  const char* at = path.data();
  const char* const end = at + path.size();
  while (true) {
    ++at;
    if (at == end) return true;
    if (*at == '/' || *at == '.') return false;  // an empty segment; a dot segment, or a hidden name
    at = scan::skip<CharacterSet::plain_segment>(at, end);
    if (at == end) return true;
    if (*at != '/') return false;
  }
}

/// RFC 3986 §5.2.4, but for `..`, which is left to be refused: without its `.` segments, and without its
/// empty ones where they are not the end.
std::string remove_empty_segments(std::string_view path) {
  std::string cleaned;
  cleaned.reserve(path.size());
  for (std::size_t begin = 1; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (!segment.empty() && segment != ".") cleaned.append("/").append(segment);
    const bool ends_as_folder = end == path.size() && (segment.empty() || segment == ".");
    if (ends_as_folder) cleaned += '/';
    begin = end + 1;
  }
  return cleaned;
}

/// What makes `path`, which starts with '/', a traversal attempt.
std::optional<PathViolation> find_violation(std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return PathViolation{"A path may not contain NUL."};
  if (path.find('\\') != std::string_view::npos) return PathViolation{"A path may not contain a backslash."};
  for (std::size_t begin = 1; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment.empty()) return PathViolation{"A path may not contain an empty segment."};
    if (segment == "." || segment == "..")
      return PathViolation{"A path may not contain a segment \".\" or \"..\"."};
    begin = end + 1;
  }
  return std::nullopt;
}

/// Cuts scheme and authority off an absolute-form (RFC 9112 §3.2.2), so that path and query remain. False
/// when malformed.
bool strip_origin(std::string_view& target) {
  const std::size_t colon = std::min(target.find(':'), target.size());
  const std::string_view scheme = target.substr(0, colon);
  if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) return false;
  target.remove_prefix(colon);
  if (!target.starts_with("://")) return false;
  target.remove_prefix(3);
  const std::size_t end = std::min(target.find_first_of("/?"), target.size());
  // RFC 9110 §4.2.1, §4.2.4: an empty host and user information are errors.
  if (!is_authority(target.substr(0, end))) return false;
  target.remove_prefix(end);
  return true;
}

constexpr Refusal kBadByte{Status::bad_request, "The request target contains a byte that a URI cannot hold."};

std::variant<Target, Refusal, PathViolation> rewrite_path(std::string_view path, std::string_view query,
                                                          PathRules rules) {
  if (!std::all_of(path.begin(), path.end(), is_path_char)) return kBadByte;
  Target target{.query = query, .began_with_two_slashes = path.starts_with("//")};
  Decoded decoded =
      percent_decode(rules == PathRules::standard ? remove_empty_segments(path) : std::string(path));
  if (!decoded.is_well_formed) return bad_request("The request target contains a bad percent-encoding.");
  // Somebody behind us might decode once more. Decoding never takes a violation away (none of its bytes is a
  // '%'), so what is found in the text decoded twice covers the raw text and the text decoded once.
  if (const auto violation = find_violation(percent_decode(decoded.text).text)) return *violation;
  target.rewritten_path = std::move(decoded.text);
  return target;
}

}  // namespace

Scheme scheme_of(std::string_view target, Scheme otherwise) {
  if (target.starts_with('/') || target == "*") return otherwise;
  return equals_ignoring_case(target.substr(0, target.find(':')), "https") ? Scheme::https : Scheme::http;
}

std::variant<Target, Refusal, PathViolation> parse_target(const RequestHead& head, PathRules rules,
                                                          Scheme scheme) {
  std::string_view rest = head.target;
  if (rest == "*") {
    if (head.method != Method::options) return bad_request("The target * is for OPTIONS only.");
    return Target{.asterisk = true};
  }
  if (!rest.starts_with('/') && !strip_origin(rest)) return bad_request("The request target is malformed.");
  // RFC 9110 §7.4: an https resource is answered only where it was asked for over a secured connection, ours
  // or that of a trusted proxy; and what is asked for over a secured one is no http resource, whose origin is
  // another port.
  if (scheme_of(head.target, scheme) != scheme)
    return Refusal{Status::misdirected_request,
                   scheme == Scheme::http ? "This connection is not secured: ask for an http address."
                                          : "This connection is secured: ask for an https address."};

  const std::size_t path_size = std::min(rest.find('?'), rest.size());
  const std::string_view path = path_size == 0 ? "/" : rest.substr(0, path_size);
  const std::string_view query = rest.substr(std::min(path_size + 1, rest.size()));
  if (!is_query(query)) return kBadByte;
  if (is_plain(path)) return Target{.plain_path = path, .query = query};
  return rewrite_path(path, query, rules);
}

std::string_view query_part(std::string_view target) {
  return target.substr(std::min(target.find('?'), target.size()));
}

std::string path_and_query(std::string_view target) {
  if (target.starts_with('/')) return std::string(target);
  target.remove_prefix(std::min(target.find("://") + 3, target.size()));
  target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
  return (target.starts_with('/') ? "" : "/") + std::string(target);
}

}  // namespace bobbin::http
