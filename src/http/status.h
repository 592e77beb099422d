#pragma once

#include <cstdint>
#include <string_view>

namespace bobbin::http {

/// The status codes bobbin answers with (RFC 9110 §15, RFC 6585, RFC 4918, RFC 8297, RFC 2518).
enum class Status : std::uint16_t {
  continue_ = 100,
  processing = 102,
  early_hints = 103,
  ok = 200,
  created = 201,
  accepted = 202,
  no_content = 204,
  partial_content = 206,
  moved_permanently = 301,
  found = 302,
  see_other = 303,
  not_modified = 304,
  temporary_redirect = 307,
  permanent_redirect = 308,
  bad_request = 400,
  unauthorized = 401,
  forbidden = 403,
  not_found = 404,
  method_not_allowed = 405,
  not_acceptable = 406,
  request_timeout = 408,
  conflict = 409,
  gone = 410,
  length_required = 411,
  precondition_failed = 412,
  content_too_large = 413,
  uri_too_long = 414,
  unsupported_media_type = 415,
  range_not_satisfiable = 416,
  expectation_failed = 417,
  misdirected_request = 421,
  unprocessable_content = 422,
  too_many_requests = 429,
  request_header_fields_too_large = 431,
  internal_server_error = 500,
  not_implemented = 501,
  service_unavailable = 503,
  http_version_not_supported = 505,
  insufficient_storage = 507,
};

[[nodiscard]] constexpr int code(Status status) { return static_cast<int>(status); }
/// RFC 9110 §15.2: another answer follows.
[[nodiscard]] constexpr bool is_interim(Status status) { return code(status) < 200; }
[[nodiscard]] constexpr bool is_error(Status status) { return code(status) >= 400; }
/// RFC 9110 §6.4.1: these answers never have content, nor a Content-Length (§8.6).
[[nodiscard]] constexpr bool never_has_content(Status status) {
  return is_interim(status) || status == Status::no_content || status == Status::not_modified;
}
/// The phrase registered for the code, for example "Not Found".
[[nodiscard]] std::string_view reason_phrase(Status status);

}  // namespace bobbin::http
