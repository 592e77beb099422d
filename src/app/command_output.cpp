#include "app/command_output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace bobbin::app {

void print_warnings(const std::vector<Warning>& warnings) {
  for (const Warning& warning : warnings) std::fprintf(stderr, "bobbin: warning: %s\n", warning.text.c_str());
}

void print_failure(const std::string& message) { std::fprintf(stderr, "bobbin: %s\n", message.c_str()); }

bool print_report(std::string_view report) {
  if (std::fwrite(report.data(), 1, report.size(), stdout) == report.size() && std::fflush(stdout) == 0)
    return true;
  print_failure(std::string("the report cannot be written: ") + std::strerror(errno));
  return false;
}

}  // namespace bobbin::app
