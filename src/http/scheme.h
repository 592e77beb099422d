#pragma once

#include <cstdint>

namespace bobbin::http {

/// The scheme of the resources that a request asks for (RFC 9110 §4.2).
enum class Scheme : std::uint8_t { http, https };

}  // namespace bobbin::http
