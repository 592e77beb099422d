#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "app/config.h"
#include "app/serve.h"
#include "os/file.h"

namespace {

std::optional<std::string> environment(const std::string& name) {
  const char* value =
      std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): before any thread is started
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  namespace app = bobbin::app;
  const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
  const app::ParseOutcome outcome =
      app::parse_configuration(arguments.subspan(argc > 0 ? 1 : 0), environment, bobbin::os::read_file);
  if (const auto* error = std::get_if<app::ConfigError>(&outcome)) {
    std::fprintf(stderr, "%s\n", error->message.c_str());
    return error->exit_code;
  }
  if (const auto* print = std::get_if<app::Print>(&outcome)) {
    std::fputs(print->text.c_str(), stdout);
    return EXIT_SUCCESS;
  }
  return app::serve(std::get<app::Run>(outcome).config);
}
