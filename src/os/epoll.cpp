#include "os/epoll.h"

#include <algorithm>
#include <limits>
#include <sys/epoll.h>

#include "base/assert.h"
#include "os/call.h"

namespace bobbin::os {
namespace {

constexpr std::uint32_t kChanges = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI | EPOLLET;

Result<void> control(const Fd& epoll, int operation, const Fd& fd, std::uint32_t events, std::uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll.number(), operation, fd.number(), &event) != 0) return last_error("epoll_ctl");
  return {};
}

}  // namespace

Result<Epoll> Epoll::create() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) return last_error("epoll_create1");
  return Epoll(Fd(fd));
}

Result<void> Epoll::watch_readable(const Fd& fd, std::uint64_t tag) {
  return control(fd_, EPOLL_CTL_ADD, fd, EPOLLIN, tag);
}

Result<void> Epoll::add_edge_triggered(const Fd& fd, std::uint64_t tag) {
  return control(fd_, EPOLL_CTL_ADD, fd, kChanges, tag);
}

Result<void> Epoll::rearm(const Fd& fd, std::uint64_t tag) {
  return control(fd_, EPOLL_CTL_MOD, fd, kChanges, tag);
}

Result<void> Epoll::set_watched(const Fd& fd, bool watched, std::uint64_t tag) {
  return control(fd_, EPOLL_CTL_MOD, fd, watched ? std::uint32_t{EPOLLIN} : 0U, tag);
}

void Epoll::forget(const Fd& fd) {
  static_cast<void>(::epoll_ctl(fd_.number(), EPOLL_CTL_DEL, fd.number(), nullptr));
}

std::span<const Event> Epoll::wait(std::span<Event, kMaximumEvents> events, milliseconds limit) {
  epoll_event raw[kMaximumEvents];
  const auto timeout =
      static_cast<int>(std::min<std::int64_t>(limit.count(), std::numeric_limits<int>::max()));
  const int count = ::epoll_wait(fd_.number(), raw, kMaximumEvents, timeout);
  ASSERT(count >= 0 || errno == EINTR);
  for (int i = 0; i < count; ++i) {
    const epoll_event& from = raw[i];
    events[static_cast<std::size_t>(i)] = Event{.tag = from.data.u64,
                                                .readable = (from.events & EPOLLIN) != 0,
                                                .writable = (from.events & EPOLLOUT) != 0,
                                                .must_read_on = (from.events & (EPOLLRDHUP | EPOLLPRI)) != 0,
                                                .hung_up = (from.events & (EPOLLERR | EPOLLHUP)) != 0};
  }
  return events.first(count > 0 ? static_cast<std::size_t>(count) : 0);
}

}  // namespace bobbin::os
