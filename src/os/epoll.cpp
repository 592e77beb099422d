#include "os/epoll.h"

#include <algorithm>
#include <limits>
#include <sys/epoll.h>

#include "base/assert.h"
#include "os/call.h"

namespace bobbin::os {
namespace {

epoll_event raw_event(Readiness interest, std::uint64_t tag) {
  epoll_event event{};
  if (interest.readable) event.events |= EPOLLIN;
  if (interest.writable) event.events |= EPOLLOUT;
  event.data.u64 = tag;
  return event;
}

}  // namespace

Result<Epoll> Epoll::create() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) return last_error("epoll_create1");
  return Epoll(Fd(fd));
}

Result<void> Epoll::add(const Fd& fd, Readiness interest, std::uint64_t tag) {
  epoll_event event = raw_event(interest, tag);
  if (::epoll_ctl(fd_.number(), EPOLL_CTL_ADD, fd.number(), &event) != 0) return last_error("epoll_ctl add");
  return {};
}

Result<void> Epoll::modify(const Fd& fd, Readiness interest, std::uint64_t tag) {
  epoll_event event = raw_event(interest, tag);
  if (::epoll_ctl(fd_.number(), EPOLL_CTL_MOD, fd.number(), &event) != 0)
    return last_error("epoll_ctl modify");
  return {};
}

void Epoll::remove(const Fd& fd) { ::epoll_ctl(fd_.number(), EPOLL_CTL_DEL, fd.number(), nullptr); }

std::span<const Event> Epoll::wait(std::span<Event, kMaximumEvents> events, milliseconds limit) {
  epoll_event raw[kMaximumEvents];
  const auto timeout =
      static_cast<int>(std::min<std::int64_t>(limit.count(), std::numeric_limits<int>::max()));
  const int count = ::epoll_wait(fd_.number(), raw, kMaximumEvents, timeout);
  ASSERT(count >= 0 || errno == EINTR);
  for (int i = 0; i < count; ++i) {
    const epoll_event& from = raw[i];
    events[static_cast<std::size_t>(i)] =
        Event{.tag = from.data.u64,
              .ready = {.readable = (from.events & EPOLLIN) != 0, .writable = (from.events & EPOLLOUT) != 0},
              .hung_up = (from.events & (EPOLLERR | EPOLLHUP)) != 0};
  }
  return events.first(count > 0 ? static_cast<std::size_t>(count) : 0);
}

}  // namespace bobbin::os
