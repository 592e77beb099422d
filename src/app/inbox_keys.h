#pragma once

#include <string>

#include "app/config.h"
#include "base/result.h"
#include "uploads/document_keys.h"

namespace bobbin::app {

/// By what an inbox recognises a document that is sent again. Errors are messages.
[[nodiscard]] Result<uploads::KeySettings, std::string> key_settings_of(const InboxConfig& config);

}  // namespace bobbin::app
