#include "app/check.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "app/command_output.h"
#include "app/generation.h"
#include "app/listener_services.h"
#include "app/options.h"
#include "app/site_logs.h"
#include "app/start_failure.h"
#include "observe/log_target.h"
#include "os/accounts.h"

namespace bobbin::app {
namespace {

Result<void, std::string> check_logs(const ServerConfig& config) {
  for (const auto& [option, place] :
       {std::pair{"--log-file", &config.log_file}, {"--error-log", &config.error_log}}) {
    if (place->empty()) continue;
    const auto usable = observe::LogTarget::check(*place);
    if (!usable) return failure(unwritable_log(option, *place, usable.error()).message);
  }
  return {};
}

Result<void, std::string> check_user(const std::string& name) {
  if (name.empty()) return {};
  if (const auto user = os::account(name); !user) return failure(impossible_user(name, user.error()).message);
  return {};
}

}  // namespace

Result<std::vector<Warning>, std::string> check_everything(const Config& config) {
  TRY(check_user(config.server.user));
  TRY(check_logs(config.server));
  TRY(SiteLogs::check(config));
  auto warnings = TRY(ListenerServices::check(config));
  executor::Executor executor;  // it has no thread, since no file is read
  const auto generation = TRY(Generation::create(config, {}, executor, nullptr, nullptr));
  return warnings;
}

int check(const Check& request) {
  print_warnings(request.warnings);
  const auto checked = check_everything(request.config);
  if (!checked) {
    print_failure(checked.error());
    return kExitUsage;
  }
  print_warnings(*checked);
  const std::string subject = request.subject.empty() ? "" : ": " + escaped(request.subject);
  std::printf("configuration ok%s\n", subject.c_str());
  return EXIT_SUCCESS;
}

}  // namespace bobbin::app
