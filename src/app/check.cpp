#include "app/check.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "app/generation.h"
#include "app/options.h"

namespace bobbin::app {

int check(const Check& request) {
  for (const std::string& warning : request.warnings)
    std::fprintf(stderr, "bobbin: warning: %s\n", warning.c_str());
  executor::Executor executor;  // it has no thread, since no file is read
  const auto generation = Generation::create(request.config, {}, executor, nullptr, nullptr);
  if (!generation) {
    std::fprintf(stderr, "bobbin: %s\n", generation.error().c_str());
    return kExitUsage;
  }
  const std::string subject = request.subject.empty() ? "" : ": " + escaped(request.subject);
  std::printf("configuration ok%s\n", subject.c_str());
  return EXIT_SUCCESS;
}

}  // namespace bobbin::app
