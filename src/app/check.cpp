#include "app/check.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "app/command_output.h"
#include "app/generation.h"
#include "app/listener_services.h"
#include "app/options.h"
#include "app/site_logs.h"
#include "app/start_failure.h"
#include "os/log_file.h"

namespace bobbin::app {
namespace {

/// The log file is made when it is missing, as a start makes it.
Result<void, std::string> check_log_file(const ServerConfig& config) {
  if (config.log_file.empty()) return {};
  const auto file = os::LogFile::open(config.log_file);
  if (!file) return failure(unwritable_log(config, file.error()).message);
  return {};
}

Result<void, std::string> check_everything(const Config& config) {
  TRY(check_log_file(config.server));
  TRY(SiteLogs::check(config));
  print_warnings(TRY(ListenerServices::check(config)));
  executor::Executor executor;  // it has no thread, since no file is read
  const auto generation = TRY(Generation::create(config, {}, executor, nullptr, nullptr));
  return {};
}

}  // namespace

int check(const Check& request) {
  print_warnings(request.warnings);
  if (const auto checked = check_everything(request.config); !checked) {
    print_failure(checked.error());
    return kExitUsage;
  }
  const std::string subject = request.subject.empty() ? "" : ": " + escaped(request.subject);
  std::printf("configuration ok%s\n", subject.c_str());
  return EXIT_SUCCESS;
}

}  // namespace bobbin::app
