#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/warning.h"

namespace bobbin::app {

// What is printed where there is no log: warnings and failures to standard error, a line each, with the name
// of the program before it.
void print_warnings(const std::vector<Warning>& warnings);
void print_failure(const std::string& message);

/// Writes a report to standard output. False: it could not be written, and a failure says so.
[[nodiscard]] bool print_report(std::string_view report);

}  // namespace bobbin::app
