#pragma once

#include <cstdint>
#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

struct Event {
  std::uint64_t tag;  ///< as given to add
  bool readable;
  bool writable;      ///< of those added with add_edge_triggered
  bool must_read_on;  ///< of those added with add_edge_triggered: behind what can be read lies the input's
                      ///< end or urgent data, so that a short read does not mean that nothing is left
  bool hung_up;       ///< error, or both directions closed
};

/// epoll(7). Thread: `wait` by one; the other calls by any.
class Epoll {
 public:
  static constexpr std::size_t kMaximumEvents = 128;

  [[nodiscard]] static Result<Epoll> create();
  /// Reports it in every wait for as long as it is readable.
  [[nodiscard]] Result<void> watch_readable(const Fd& fd, std::uint64_t tag);
  /// Reports what it is now, and then every change to readable, writable or ended, once (edge-triggered).
  [[nodiscard]] Result<void> add_edge_triggered(const Fd& fd, std::uint64_t tag);
  /// For one that was added with add_edge_triggered: reports what it is now once more.
  [[nodiscard]] Result<void> rearm(const Fd& fd, std::uint64_t tag);
  /// Stops, and goes on with, reporting one that was added with watch_readable.
  [[nodiscard]] Result<void> set_watched(const Fd& fd, bool watched, std::uint64_t tag);
  /// Reports this one no more. Closing it does the same, unless another process has it, too.
  void forget(const Fd& fd);
  [[nodiscard]] const Fd& fd() const { return fd_; }

  /// Waits until something is ready or `limit` has passed (kForever: no limit), and fills the front of
  /// `events`.
  static constexpr milliseconds kForever{-1};
  [[nodiscard]] std::span<const Event> wait(std::span<Event, kMaximumEvents> events, milliseconds limit);

 private:
  explicit Epoll(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace bobbin::os
