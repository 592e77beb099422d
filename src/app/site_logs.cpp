#include "app/site_logs.h"

#include <algorithm>
#include <fmt/format.h>

#include "app/options.h"
#include "os/log_file.h"

namespace bobbin::app {
namespace {

std::string unwritable(const std::string& file, const Error& error) {
  return fmt::format(
      "log_file of a [[site]]: {} cannot be written; a file that this user may append to is needed: {}",
      in_quotes(file), error.message());
}

}  // namespace

std::vector<std::string> site_log_files(const Config& config) {
  std::vector<std::string> files;
  for (const SiteConfig& site : config.sites) {
    const bool is_known = std::ranges::find(files, site.log_file) != files.end();
    if (!site.log_file.empty() && site.log_file != config.server.log_file && !is_known)
      files.push_back(site.log_file);
  }
  return files;
}

std::size_t access_log_of(const SiteConfig& site, const std::vector<std::string>& files) {
  const auto found = std::ranges::find(files, site.log_file);
  return found == files.end() ? 0 : static_cast<std::size_t>(found - files.begin()) + 1;
}

Result<SiteLogs, std::string> SiteLogs::open(const Config& config) {
  SiteLogs logs;
  for (const std::string& file : site_log_files(config)) {
    auto log = observe::Log::open({.file = file, .level = config.server.log_level});
    if (!log) return failure(unwritable(file, log.error()));
    logs.logs_.push_back(*std::move(log));
  }
  return logs;
}

Result<void, std::string> SiteLogs::check(const Config& config) {
  for (const std::string& name : site_log_files(config))
    if (const auto file = os::LogFile::open(name); !file) return failure(unwritable(name, file.error()));
  return {};
}

std::vector<observe::Log*> SiteLogs::all() const {
  std::vector<observe::Log*> logs;
  logs.reserve(logs_.size());
  for (const auto& log : logs_) logs.push_back(log.get());
  return logs;
}

void SiteLogs::reopen() {
  for (const auto& log : logs_) log->reopen();
}

void SiteLogs::stop() {
  for (const auto& log : logs_) log->stop();
}

}  // namespace bobbin::app
