#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"

namespace bobbin::observe {

/// The last few messages that an operator should see. Thread: any.
class RecentMessages {
 public:
  struct Message {
    WallTime time;
    std::string text;  ///< as it was written: raw bytes of a client may be in it
  };
  static constexpr std::size_t kMost = 20;
  static constexpr std::size_t kMostBytes = 300;  ///< of one text; the rest is cut off

  void add(std::string_view text, WallTime time) EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    if (messages_.size() == kMost) messages_.pop_front();
    messages_.push_back({time, std::string(text.substr(0, kMostBytes))});
  }
  /// The newest first.
  [[nodiscard]] std::vector<Message> messages() const EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    return {messages_.rbegin(), messages_.rend()};
  }

 private:
  mutable Mutex mutex_;
  std::deque<Message> messages_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::observe
