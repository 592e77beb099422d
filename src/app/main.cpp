#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <variant>

#include "app/audit.h"
#include "app/check.h"
#include "app/command_output.h"
#include "app/doctor.h"
#include "app/explain.h"
#include "app/inbox.h"
#include "app/parse_configuration.h"
#include "app/predecessor.h"
#include "app/records.h"
#include "app/request_upgrade.h"
#include "app/serve.h"
#include "os/cpus.h"
#include "os/file.h"

namespace {

namespace app = bobbin::app;

app::Environment environment_from(const char* const* entries) {
  app::Environment environment;
  for (const char* const* entry = entries; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

bool is_directory(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

int print_error(const app::ConfigError& error, std::optional<app::Predecessor>& predecessor) {
  if (predecessor) predecessor->fail(error.message);
  app::print_failure(error.message);
  return error.exit_code;
}

}  // namespace

int main(int argc, char** argv, char** variables) {
  std::optional<app::Predecessor> predecessor = app::Predecessor::of_environment();
  const std::span<const char* const> arguments(argv, static_cast<std::size_t>(argc));
  const app::Sources sources{environment_from(variables), bobbin::os::read_file, is_directory,
                             bobbin::os::usable_cpus};
  const auto parse = [&] { return app::parse_configuration(arguments.subspan(argc > 0 ? 1 : 0), sources); };
  const app::ParseOutcome outcome = parse();
  if (const auto* error = std::get_if<app::ConfigError>(&outcome)) return print_error(*error, predecessor);
  if (const auto* print = std::get_if<app::Print>(&outcome)) {
    std::fputs(print->text.c_str(), stdout);
    return EXIT_SUCCESS;
  }
  if (const auto* audit = std::get_if<app::Audit>(&outcome)) return app::audit(*audit);
  if (const auto* doctor = std::get_if<app::Doctor>(&outcome)) return app::doctor(*doctor);
  if (const auto* explain = std::get_if<app::Explain>(&outcome)) return app::explain(*explain);
  if (const auto* inbox = std::get_if<app::Inbox>(&outcome)) return app::inbox(*inbox);
  if (const auto* records = std::get_if<app::Records>(&outcome)) return app::records(*records);
  if (const auto* upgrade = std::get_if<app::RequestUpgrade>(&outcome)) return app::request_upgrade(*upgrade);
  if (const auto* check = std::get_if<app::Check>(&outcome)) return app::check(*check);
  return app::serve(std::get<app::Run>(outcome), parse, {argv, argv + argc},
                    predecessor ? &*predecessor : nullptr);
}
