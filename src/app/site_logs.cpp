#include "app/site_logs.h"

#include <algorithm>
#include <fmt/format.h>

#include "app/options.h"
#include "app/start_failure.h"
#include "observe/log_target.h"

namespace bobbin::app {
namespace {

std::string unwritable(const std::string& file, const Error& error) {
  return fmt::format("log_file of a [[site]]: {} cannot be written; {} is needed: {}", in_quotes(file),
                     needed_at(file), error.message());
}

observe::AccessFormat format_of(const SiteConfig& site, const Config& config) {
  return site.log_format.value_or(config.server.log_format);
}

bool has_own_log(const SiteConfig& site, const Config& config) {
  return !site.log_file.empty() && site.log_file != config.server.log_file;
}

Result<void, std::string> check_formats(const Config& config) {
  const std::vector<SiteLogFile> files = site_log_files(config);
  for (const SiteConfig& site : config.sites) {
    if (!has_own_log(site, config)) {
      if (!site.log_format) continue;
      return failure(
          std::string("log_format of a [[site]]: it is the format of its own log; a log_file for "
                      "this site is needed, or --log-format for the log of the server"));
    }
    const auto file = std::ranges::find(files, site.log_file, &SiteLogFile::name);
    if (file->format != format_of(site, config))
      return failure(
          fmt::format("log_format of a [[site]]: sites with different formats write to {}; one "
                      "format is needed, or a file for each of them",
                      in_quotes(site.log_file)));
  }
  return {};
}

}  // namespace

bool has_error_log(const ServerConfig& config) {
  return !config.error_log.empty() && config.error_log != config.log_file;
}

std::vector<SiteLogFile> site_log_files(const Config& config) {
  std::vector<SiteLogFile> files;
  for (const SiteConfig& site : config.sites)
    if (has_own_log(site, config) &&
        std::ranges::find(files, site.log_file, &SiteLogFile::name) == files.end())
      files.push_back({site.log_file, format_of(site, config)});
  return files;
}

std::size_t access_log_of(const SiteConfig& site, const std::vector<SiteLogFile>& files) {
  const auto found = std::ranges::find(files, site.log_file, &SiteLogFile::name);
  return found == files.end() ? 0 : static_cast<std::size_t>(found - files.begin()) + 1;
}

Result<SiteLogs, std::string> SiteLogs::open(const Config& config) {
  TRY(check_formats(config));
  SiteLogs logs;
  if (has_error_log(config.server)) {
    auto log = observe::Log::open({.file = config.server.log_file});
    if (!log) return failure(unwritable_log("--log-file", config.server.log_file, log.error()).message);
    logs.exchanges_ = *std::move(log);
  }
  for (const SiteLogFile& file : site_log_files(config)) {
    const auto messages = file.format == observe::AccessFormat::json ? observe::MessageFormat::json
                                                                     : observe::MessageFormat::text;
    auto log = observe::Log::open({.file = file.name, .level = config.server.log_level, .format = messages});
    if (!log) return failure(unwritable(file.name, log.error()));
    logs.logs_.push_back({*std::move(log), file.format});
  }
  return logs;
}

Result<void, std::string> SiteLogs::check(const Config& config) {
  TRY(check_formats(config));
  for (const auto& [name, format] : site_log_files(config))
    if (const auto usable = observe::LogTarget::check(name); !usable)
      return failure(unwritable(name, usable.error()));
  return {};
}

std::vector<server::SiteLog> SiteLogs::all() const {
  std::vector<server::SiteLog> logs;
  logs.reserve(logs_.size());
  for (const auto& [log, format] : logs_) logs.push_back({log.get(), format});
  return logs;
}

std::uint64_t SiteLogs::lost_lines() const {
  std::uint64_t sum = exchanges_ == nullptr ? 0 : exchanges_->lost_lines();
  for (const OpenLog& each : logs_) sum += each.log->lost_lines();
  return sum;
}

void SiteLogs::reopen() {
  if (exchanges_ != nullptr) exchanges_->reopen();
  for (const OpenLog& each : logs_) each.log->reopen();
}

void SiteLogs::stop() {
  if (exchanges_ != nullptr) exchanges_->stop();
  for (const OpenLog& each : logs_) each.log->stop();
}

}  // namespace bobbin::app
