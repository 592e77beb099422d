#pragma once

#include <string_view>

#include "http/request_head.h"

namespace bobbin::http {

/// Case matters in a method (RFC 9110 §9.1): "get" is one that we do not know.
[[nodiscard]] constexpr Method recognize_method(std::string_view text) {
  switch (text.size()) {
    case 3: return text == "GET" ? Method::get : text == "PUT" ? Method::put : Method::unknown;
    case 4: return text == "HEAD" ? Method::head : text == "POST" ? Method::post : Method::unknown;
    case 5: return text == "PATCH" ? Method::patch : text == "TRACE" ? Method::trace : Method::unknown;
    case 6: return text == "DELETE" ? Method::delete_ : Method::unknown;
    case 7: return text == "OPTIONS" ? Method::options : Method::unknown;
    default: return Method::unknown;
  }
}

}  // namespace bobbin::http
