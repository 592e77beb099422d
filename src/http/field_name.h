#pragma once

#include <string_view>

#include "http/request_head.h"

namespace bobbin::http {

/// The field that `text` names, case ignored (RFC 9110 §5.1); `other` when it is none of those that decide
/// something.
[[nodiscard]] FieldName recognize_field_name(std::string_view text);

}  // namespace bobbin::http
