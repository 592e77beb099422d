#pragma once

#include <optional>
#include <string>

#include "http/filter.h"

namespace bobbin::http::filters {

/// Refuses methods that this server does not know (RFC 9110 §9.1): 501, whatever host and path the request
/// names. Which of the known ones a resource takes is its handler's affair. Thread: any.
class KnownMethods final : public Filter {
 public:
  std::optional<Begin> before(const Request& request) const override {
    if (request.head.method != Method::unknown) return std::nullopt;
    Response response =
        Response::error(Status::not_implemented, "This server does not know the method " +
                                                     std::string(request.head.method_text) + ".");
    response.close = true;
    response.log_fields.host = HandlerLogFields::Host::unchecked;
    return response;
  }
};

}  // namespace bobbin::http::filters
