#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/test_patience.h"
#include "http/handler.h"

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
  void resume(ConnectionId, ExchangeId) override {
    const Lock lock(mutex_);
    ++resumed_;
    changed_.notify_all();
  }
  /// Waits until what said Wait has been told to go on. False when patience has ended.
  [[nodiscard]] bool wait_until_resumed() {
    const Instant deadline = end_of_patience();
    const Lock lock(mutex_);
    while (resumed_ == 0) {
      if (monotonic_now() >= deadline) return false;
      changed_.wait_for(mutex_, milliseconds(100));
    }
    --resumed_;
    return true;
  }
  /// Takes the answer to an exchange; status 100 when there is none before patience ends.
  [[nodiscard]] http::Response wait(ExchangeId exchange) {
    const Instant deadline = end_of_patience();
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
  std::size_t resumed_ GUARDED_BY(mutex_) = 0;  // and nobody has waited for it yet
};

}  // namespace bobbin::uploads
