#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "http/handler.h"
#include "observe/log.h"

// Stand-ins for what surrounds the room: a mailbox for answers, and a log.
namespace bobbin::uploads {

/// Collects the answers that come later. Thread: any.
class Mailbox : public http::ReplySink {
 public:
  /// Called with each answer, on the thread that gives it, before anybody can take it.
  std::function<void(ExchangeId, const http::Response&)> on_answer = [](ExchangeId, const http::Response&) {};

  /// The right to answer a new exchange, and its number.
  http::ReplyLater reply(ExchangeId exchange) { return http::ReplyLater({this, ConnectionId{}, exchange}); }

  void deliver(ConnectionId, ExchangeId exchange, http::Response response) override {
    on_answer(exchange, response);
    const Lock lock(mutex_);
    answers_[exchange] = std::move(response);
    changed_.notify_all();
  }
  void resume(ConnectionId, ExchangeId) override {}
  /// Takes the answer to an exchange; status 100 when there is none after ten seconds.
  [[nodiscard]] http::Response wait(ExchangeId exchange) {
    const Instant deadline = monotonic_now() + seconds(10);
    const Lock lock(mutex_);
    while (!answers_.contains(exchange)) {
      if (monotonic_now() >= deadline) return {.status = http::Status::continue_};
      changed_.wait_for(mutex_, milliseconds(100));
    }
    return std::move(answers_.extract(exchange).mapped());
  }
  [[nodiscard]] std::size_t size() {
    const Lock lock(mutex_);
    return answers_.size();
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  std::map<ExchangeId, http::Response> answers_ GUARDED_BY(mutex_);
};

/// Keeps the lines. Thread: any.
class TestLog : public observe::Log, private observe::LogWriter {
 public:
  [[nodiscard]] std::vector<std::string> lines(observe::LogLevel level) {
    const Lock lock(mutex_);
    return lines_[level];
  }
  observe::LogWriter& writer(std::string) override { return *this; }
  void reopen() override {}
  void stop() override {}

 private:
  bool wants(observe::LogLevel) const override { return true; }
  void write(observe::LogLevel level, std::string_view message) override {
    const Lock lock(mutex_);
    lines_[level].emplace_back(message);
  }
  void write_block(std::string_view) override {}
  std::string_view name() const override { return "test"; }

  Mutex mutex_;
  std::map<observe::LogLevel, std::vector<std::string>> lines_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::uploads
