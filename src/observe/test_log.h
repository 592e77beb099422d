#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "observe/log.h"

namespace bobbin::observe {

/// For tests: keeps the messages. Thread: any.
class TestLog : public Log, private LogWriter {
 public:
  [[nodiscard]] std::vector<std::string> lines(LogLevel level) {
    const Lock lock(mutex_);
    return lines_[level];
  }
  LogWriter& writer(std::string) override { return *this; }
  void reopen() override {}
  void stop() override {}

 private:
  bool wants(LogLevel) const override { return true; }
  void write(Event event, std::string_view message) override {
    const Lock lock(mutex_);
    lines_[level_of(event)].emplace_back(message);
  }
  void write_exchange(AccessFormat, const ExchangeRecord&) override {}
  void write_block(std::string_view) override {}
  std::string_view name() const override { return "test"; }

  Mutex mutex_;
  std::map<LogLevel, std::vector<std::string>> lines_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::observe
