#pragma once

#include <optional>
#include <string_view>

#include "signatures/definition.h"

namespace bobbin::signatures {

/// The scheme of this name, without secrets; `hmac` still lacks all that its configuration says. Nothing:
/// there is none.
[[nodiscard]] std::optional<Definition> known_scheme(std::string_view name);

/// The name of a scheme, as a configuration has it.
[[nodiscard]] std::string_view name_of(SchemeName name);

/// All names, for a message: "standard, github, … or hmac".
[[nodiscard]] std::string_view all_scheme_names();

}  // namespace bobbin::signatures
