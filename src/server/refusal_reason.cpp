#include "server/refusal_reason.h"

namespace bobbin::server {
namespace {

using http::Refused;
using http::Status;

std::optional<std::string_view> reason_of(Refused refused) {
  switch (refused) {
    case Refused::no: break;
    case Refused::host: return "host";
    case Refused::path: return "path";
    case Refused::link: return "link";
    case Refused::address: return "address";
    case Refused::certificate: return "certificate";
    case Refused::signature: return "signature";
    case Refused::origin: return "origin";
  }
  return std::nullopt;
}

std::optional<std::string_view> reason_of(Status status) {
  switch (status) {
    case Status::bad_request:
    case Status::length_required:
    case Status::expectation_failed:
    case Status::http_version_not_supported: return "malformed";
    case Status::unauthorized: return "credentials";
    case Status::forbidden: return "permission";
    case Status::method_not_allowed:
    case Status::not_implemented: return "method";
    case Status::request_timeout: return "slow";
    case Status::content_too_large: return "content_size";
    case Status::uri_too_long:
    case Status::request_header_fields_too_large: return "head_size";
    case Status::unsupported_media_type: return "media_type";
    case Status::misdirected_request: return "misdirected";
    case Status::unprocessable_content: return "content";
    case Status::too_many_requests: return "limit";
    case Status::service_unavailable: return "busy";
    case Status::insufficient_storage: return "space";
    default: return std::nullopt;
  }
}

}  // namespace

std::optional<std::string_view> refusal_reason(const http::ExchangeSummary& summary) {
  if (const auto reason = reason_of(summary.refused)) return reason;
  return reason_of(summary.status);
}

}  // namespace bobbin::server
