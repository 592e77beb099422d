#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/test_patience.h"
#include "feed/feed.h"
#include "feed/record_source.h"
#include "http/handler.h"

namespace bobbin::feed {

/// For tests: whether something becomes true before patience ends.
template <typename Condition>
[[nodiscard]] bool eventually(Condition condition) {
  Mutex mutex;
  ConditionVariable never;
  const Lock lock(mutex);
  for (const Instant deadline = end_of_patience(); monotonic_now() < deadline;) {
    if (condition()) return true;
    never.wait_for(mutex, milliseconds(1));
  }
  return false;
}

/// For tests: plays the session's part for a source of records. It must not be destroyed while a step of the
/// source runs. Thread: one.
class TestReader : private http::ReplySink {
 public:
  TestReader(std::shared_ptr<Feed> feed, const RecordSource::Settings& settings)
      : source_(std::move(feed), settings, http::Resume({this, ConnectionId{}, ExchangeId{1}})) {}

  /// Pulls what there is now. True: it waits for more.
  [[nodiscard]] bool pulls_until_it_waits() {
    while (!has_ended_ && may_pull()) pull();
    return !has_ended_;
  }
  /// All of it, to its end; what there is when patience ends.
  [[nodiscard]] const std::string& read_all() {
    static_cast<void>(eventually([&] { return !pulls_until_it_waits(); }));
    return text_;
  }
  /// Whether this comes before patience ends.
  [[nodiscard]] bool read_until(std::string_view expected) {
    return eventually([&] {
      if (!has_ended_ && may_pull()) pull();
      return has_ended_ || text_.find(expected) != std::string::npos;
    });
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool has_ended() const { return has_ended_; }
  [[nodiscard]] bool has_failed() const { return has_failed_; }

 private:
  void deliver(ConnectionId, ExchangeId, http::Response) override {}
  void resume(ConnectionId, ExchangeId) override {
    const Lock lock(mutex_);
    is_resumed_ = true;
  }

  /// What has said Wait is pulled again only when it has said that it can go on.
  [[nodiscard]] bool may_pull() {
    const Lock lock(mutex_);
    return !waits_ || is_resumed_;
  }
  void pull() {
    {
      const Lock lock(mutex_);
      is_resumed_ = false;
    }
    const http::ContentSource::Piece piece = source_.pull();
    waits_ = std::holds_alternative<http::Wait>(piece);
    has_failed_ = std::holds_alternative<http::Failed>(piece);
    has_ended_ |= has_failed_ || std::holds_alternative<http::End>(piece);
    if (const auto* bytes = std::get_if<Bytes>(&piece)) text_ += as_text(*bytes);
  }

  Mutex mutex_;
  bool is_resumed_ GUARDED_BY(mutex_) = false;
  bool waits_ = false;
  std::string text_;
  bool has_ended_ = false;
  bool has_failed_ = false;
  RecordSource source_;
};

}  // namespace bobbin::feed
