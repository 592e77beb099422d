#pragma once

#include "http/response.h"

namespace bobbin::server {

/// What connections are told that end before their first request is looked at.
inline constexpr http::Refusal kNoPlace{.status = http::Status::service_unavailable,
                                        .reason = "The server is busy. Please try again in a few seconds.",
                                        .fields = "Retry-After: 5\r\n"};
inline constexpr http::Refusal kClientLimit{.status = http::Status::too_many_requests,
                                            .reason = "You have as many connections open as one client may.",
                                            .fields = "Retry-After: 5\r\n"};
inline constexpr http::Refusal kClearText{http::Status::bad_request,
                                          "This port speaks HTTPS: use an https address.",
                                          "Plain HTTP on a port for TLS"};

}  // namespace bobbin::server
