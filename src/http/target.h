#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "http/request_head.h"
#include "http/response.h"
#include "http/scheme.h"

namespace bobbin::http {

/// What a path may hold that means nothing: `.` segments and empty inner ones, which scripts and package
/// managers send when they join a base that ends in '/' with a name (CONTRACT §2).
enum class PathRules : std::uint8_t {
  strict,    ///< both are refused, as attempts to leave the root
  standard,  ///< both are removed (RFC 3986 §5.2.4) before anybody sees the path
};

/// Whether a path lies beneath a folder: it begins with the folder's path and '/'. An empty folder is the
/// root, beneath which everything lies.
[[nodiscard]] inline bool is_beneath(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (folder.empty() || path.substr(folder.size()).starts_with('/'));
}

/// What stands behind the last '/' of a path, or of a name beneath a folder.
[[nodiscard]] inline std::string_view last_segment(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

/// A request target, taken apart (RFC 9112 §3.2, RFC 3986).
struct Target {
  /// Percent-decoded; starts with '/'; no empty inner, `.` or `..` segment, no NUL or backslash. Lives as
  /// long as this and the request.
  [[nodiscard]] std::string_view path() const { return rewritten_path.empty() ? plain_path : rewritten_path; }

  std::string_view plain_path;  ///< as sent: nearly every path says what it means
  std::string rewritten_path;   ///< where it had to be decoded or cleaned, else empty
  std::string_view query;       ///< as sent, without '?'; empty when there is none
  bool asterisk = false;        ///< `*`, for OPTIONS only; then path() is empty
  /// As of `//etc/hosts`: when nothing of that name is there, this was no joined base but an attempt.
  bool began_with_two_slashes = false;
};

/// Why a path is refused with 403 rather than 400: for the log line "Path traversal attempt (…)".
struct PathViolation {
  std::string_view reason;  ///< a literal: one sentence for a person
};

/// The scheme that a target in absolute-form names; in any other form it names none.
[[nodiscard]] Scheme scheme_of(std::string_view target, Scheme otherwise);

/// Origin-form, absolute-form, and `*` for OPTIONS. Refusal 400: malformed target, bad percent-encoding, a
/// byte that a URI cannot hold; 421: a target under another scheme than the request's. PathViolation
/// (403): a `.` or `..` segment, an empty inner segment, a backslash or NUL: raw, percent-encoded once, or
/// twice; of these PathRules::standard takes raw `.` segments and raw empty ones. One trailing '/' is fine;
/// `/` is the root. An encoded slash is a slash, as in nginx. The characters `"<>^{|}` and the backquote,
/// which RFC 3986 wants encoded, are taken as they are: browsers and curl send some of them raw, and they
/// mean nothing else. A query is not judged.
[[nodiscard]] std::variant<Target, Refusal, PathViolation> parse_target(const RequestHead& head,
                                                                        PathRules rules,
                                                                        Scheme scheme = Scheme::http);

/// Of a target in any form: its query with the '?', as it was sent; empty when there is none.
[[nodiscard]] std::string_view query_part(std::string_view target);
/// Of a target in origin-form or in absolute-form, as it was sent.
[[nodiscard]] std::string path_and_query(std::string_view target);

}  // namespace bobbin::http
