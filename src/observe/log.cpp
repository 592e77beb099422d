#include "observe/log.h"

#include <memory>
#include <system_error>
#include <thread>

#include "observe/logger.h"

namespace bobbin::observe {
namespace {

/// Owns the thread. Thread: `writer` and `reopen` any; the rest the owner's.
class ThreadedLog final : public Log {
 public:
  ThreadedLog(const LogSettings& settings, os::LogFile file)
      : logger_(std::make_shared<Logger>(settings, std::move(file))) {}
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
  auto file = settings.file.empty() ? os::LogFile::standard_output() : os::LogFile::open(settings.file);
  auto log = std::make_unique<ThreadedLog>(settings, TRY(std::move(file)));
  TRY(log->start());
  return log;
}

}  // namespace bobbin::observe
