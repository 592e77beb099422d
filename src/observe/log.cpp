#include "observe/log.h"

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <thread>

#include "observe/logger.h"
#include "os/process.h"

namespace bobbin::observe {
namespace {

EntryFormat format_at(const LogPlace& place, MessageFormat messages) {
  switch (place.kind) {
    case LogPlace::Kind::file: return {.messages = messages};
    case LogPlace::Kind::journal: return {.framing = Framing::journal};
    case LogPlace::Kind::syslog: break;
  }
  return {.framing = Framing::syslog,
          .messages = messages,
          .origin = os::host_name() + " bobbin " + std::to_string(os::process_number())};
}

/// Owns the thread. Thread: `writer` and `reopen` any; the rest the owner's.
class ThreadedLog final : public Log {
 public:
  ThreadedLog(LogLevel level, EntryFormat format, std::unique_ptr<LogTarget> target)
      : logger_(std::make_shared<Logger>(level, std::move(format), std::move(target))) {}
  ~ThreadedLog() override { stop(); }

  Result<void> start();
  [[nodiscard]] LogWriter& writer(std::string thread_name) override {
    return logger_->writer(std::move(thread_name));
  }
  void reopen() override { logger_->reopen(); }
  void stop() override;
  [[nodiscard]] std::uint64_t lost_lines() const override { return logger_->lost_lines(); }
  [[nodiscard]] std::vector<RecentMessages::Message> recent_warnings() const override {
    return logger_->recent_warnings();
  }

 private:
  // The thread has its share: one that hangs in a call may outlive everybody else who knows the log.
  const std::shared_ptr<Logger> logger_;
  std::thread thread_;
};

Result<void> ThreadedLog::start() {
  // std::thread has no other way to tell than to throw.
  try {
    thread_ = std::thread([logger = logger_] { logger->run(); });
  } catch (const std::system_error& error) {
    return failure(Error{error.code().value(), "pthread_create"});
  }
  return {};
}

void ThreadedLog::stop() {
  if (!thread_.joinable()) return;
  logger_->stop() ? thread_.join() : thread_.detach();
}

}  // namespace

Result<std::unique_ptr<Log>> Log::open(const LogSettings& settings) {
  const auto place = parse_log_place(settings.file);
  if (!place) return failure(Error{EINVAL, "log"});
  auto log = std::make_unique<ThreadedLog>(settings.level, format_at(*place, settings.format),
                                           TRY(LogTarget::open(*place)));
  TRY(log->start());
  return log;
}

}  // namespace bobbin::observe
