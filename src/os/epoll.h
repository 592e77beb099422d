#pragma once

#include <cstdint>
#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// What may be asked of a descriptor and reported of it, level-triggered.
struct Readiness {
  bool readable = false;
  bool writable = false;
  friend bool operator==(Readiness, Readiness) = default;
};

struct Event {
  std::uint64_t tag;  ///< as given to add
  Readiness ready;
  bool hung_up;  ///< error, or both directions closed: reported even when nothing was asked
};

/// epoll(7). Thread: `wait` by one; the other calls by any.
class Epoll {
 public:
  static constexpr std::size_t kMaximumEvents = 128;

  [[nodiscard]] static Result<Epoll> create();
  [[nodiscard]] Result<void> add(const Fd& fd, Readiness interest, std::uint64_t tag);
  [[nodiscard]] Result<void> modify(const Fd& fd, Readiness interest, std::uint64_t tag);
  /// Closing a descriptor removes it too; this is for one that lives on.
  void remove(const Fd& fd);
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
