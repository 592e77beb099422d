#include "os/service_manager.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace bobbin::os {
namespace {

std::int64_t number_in(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return 0;
  const std::string_view digits(text);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

/// Empty: there is none, or it cannot be reached.
Fd connected_socket(std::string_view path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() < 2 || path.size() >= sizeof address.sun_path) return {};
  if (path.front() != '/' && path.front() != '@') return {};
  std::ranges::copy(path, address.sun_path);
  if (path.front() == '@') address.sun_path[0] = '\0';  // the abstract name space
  Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (!socket || ::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), length) != 0)
    return {};
  const timeval patience{.tv_sec = 1, .tv_usec = 0};
  ::setsockopt(socket.number(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return socket;
}

}  // namespace

ServiceManager ServiceManager::of_environment(bool is_successor) {
  ServiceManager manager;
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return manager;
  manager.socket_ = connected_socket(path);
  const std::int64_t watched = number_in("WATCHDOG_PID");
  const bool is_watched = is_successor || watched == 0 || watched == ::getpid();
  if (is_watched)
    manager.watchdog_ = std::chrono::microseconds(std::max(number_in("WATCHDOG_USEC"), std::int64_t{0}));
  return manager;
}

void ServiceManager::tell(std::string_view state) const {
  if (!socket_) return;
  static_cast<void>(::send(socket_.number(), state.data(), state.size(), MSG_NOSIGNAL));
}

}  // namespace bobbin::os
