#pragma once

#include <cstddef>
#include <cstdint>

#include "http/error_form.h"
#include "http/request_head.h"

namespace bobbin::http {

/// What is kept of a request once its head is gone.
struct RequestSummary {
  Method method = Method::unknown;
  int minor_version = 1;  ///< of HTTP/1.x
  bool persists = false;  ///< the client asks to keep the connection
  ErrorForm error_form = ErrorForm::page;
  std::uint64_t variant = 0;  ///< see Request
  std::size_t site = 0;       ///< of the router that chose it; beyond the last one: none was chosen
};

}  // namespace bobbin::http
