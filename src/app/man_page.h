#pragma once

#include <string>

namespace bobbin::app {

/// The manual page bobbin(1), in the macros of man(7), made from the table of options.
[[nodiscard]] std::string man_page();

}  // namespace bobbin::app
