#include "os/socket.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/assert.h"
#include "os/call.h"
#include "os/file.h"

namespace bobbin::os {
namespace {

constexpr std::uint16_t kPortOfUnixSockets = 80;  // see Endpoint::port

Endpoint from_sockaddr(const sockaddr_storage& storage) {
  Endpoint endpoint;
  if (storage.ss_family == AF_UNIX)
    return {.family = Endpoint::Family::unix_socket, .port = kPortOfUnixSockets};
  if (storage.ss_family == AF_INET) {
    sockaddr_in raw;
    std::memcpy(&raw, &storage, sizeof raw);
    endpoint.port = ntohs(raw.sin_port);
    std::memcpy(endpoint.address.data(), &raw.sin_addr, 4);
    return endpoint;
  }
  sockaddr_in6 raw;
  std::memcpy(&raw, &storage, sizeof raw);
  endpoint = ipv6_endpoint(std::as_bytes(std::span(raw.sin6_addr.s6_addr)));
  endpoint.port = ntohs(raw.sin6_port);
  return endpoint;
}

socklen_t to_sockaddr(const Endpoint& endpoint, sockaddr_storage& storage) {
  storage = {};
  if (endpoint.family == Endpoint::Family::ipv4) {
    sockaddr_in raw{};
    raw.sin_family = AF_INET;
    raw.sin_port = htons(endpoint.port);
    std::memcpy(&raw.sin_addr, endpoint.address.data(), 4);
    std::memcpy(&storage, &raw, sizeof raw);
    return sizeof raw;
  }
  sockaddr_in6 raw{};
  raw.sin6_family = AF_INET6;
  raw.sin6_port = htons(endpoint.port);
  std::copy_n(endpoint.address.begin(), 16, raw.sin6_addr.s6_addr);
  std::memcpy(&storage, &raw, sizeof raw);
  return sizeof raw;
}

Result<void> set_option(const Fd& socket, int level, int name, const char* operation, int value = 1) {
  if (::setsockopt(socket.number(), level, name, &value, sizeof value) != 0) return last_error(operation);
  return {};
}

// recv(2), send(2), accept4(2) and close(2) are cancellation points in the C library: each call announces
// itself to the thread's canceller and withdraws again, which costs as much as the entry into the kernel. No
// thread is cancelled here, so the calls that every request or connection needs are made directly.

}  // namespace

Result<Fd> connect_udp(const Endpoint& endpoint) {
  sockaddr_storage address;
  const socklen_t length = to_sockaddr(endpoint, address);
  Fd socket(::socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return last_error("socket");
  if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), length) != 0)
    return last_error("connect");
  return socket;
}

Result<Fd> listen_tcp(const Endpoint& endpoint, int backlog, Families families) {
  sockaddr_storage address;
  const socklen_t length = to_sockaddr(endpoint, address);
  Fd socket(::socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return last_error("socket");
  TRY(set_option(socket, SOL_SOCKET, SO_REUSEADDR, "setsockopt SO_REUSEADDR"));
  TRY(send_small_segments_at_once(socket));
  // Always set, since the system's default (net.ipv6.bindv6only) differs from machine to machine.
  if (endpoint.family == Endpoint::Family::ipv6)
    TRY(set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, "setsockopt IPV6_V6ONLY",
                   families == Families::both ? 0 : 1));
  if (::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), length) != 0)
    return last_error("bind");
  if (::listen(socket.number(), backlog) != 0) return last_error("listen");
  return socket;
}

Result<void> send_small_segments_at_once(const Fd& listener) {
  return set_option(listener, IPPROTO_TCP, TCP_NODELAY, "setsockopt TCP_NODELAY");
}

bool takes_both_families(const Fd& socket) {
  int ipv6_only = 1;
  socklen_t length = sizeof ipv6_only;
  return ::getsockopt(socket.number(), IPPROTO_IPV6, IPV6_V6ONLY, &ipv6_only, &length) == 0 && ipv6_only == 0;
}

Result<Endpoint> local_endpoint(const Fd& socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &length) != 0)
    return last_error("getsockname");
  return from_sockaddr(address);
}

Result<Accepted> accept_connection(const Fd& listener) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  const auto fd = uninterrupted([&] {
    return ::syscall(SYS_accept4, listener.number(), &address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  });
  if (fd < 0) return last_error("accept4");
  return Accepted{Fd(static_cast<int>(fd)), from_sockaddr(address)};
}

std::size_t accept_queue_length(const Fd& listener) {
  tcp_info info{};
  socklen_t length = sizeof info;
  const int got = ::getsockopt(listener.number(), IPPROTO_TCP, TCP_INFO, &info, &length);
  // Of a listening socket, this is the number of connections that wait to be accepted (tcp_get_info).
  return got == 0 ? info.tcpi_unacked : 0;
}

std::vector<std::size_t> given_up(std::span<const int> sockets) {
  std::vector<pollfd> polled;
  polled.reserve(sockets.size());
  for (const int socket : sockets) polled.push_back({.fd = socket, .events = POLLRDHUP, .revents = 0});
  std::vector<std::size_t> found;
  if (uninterrupted([&] { return ::poll(polled.data(), polled.size(), 0); }) <= 0) return found;
  for (std::size_t i = 0; i < polled.size(); ++i) {
    if (polled[i].revents == 0) continue;
    const bool is_broken = (polled[i].revents & (POLLERR | POLLHUP)) != 0;
    std::byte next;
    if (is_broken || ::recv(polled[i].fd, &next, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) found.push_back(i);
  }
  return found;
}

Result<std::size_t> receive(const Fd& socket, std::span<std::byte> into) {
  const auto count = uninterrupted([&] {
    return ::syscall(SYS_recvfrom, socket.number(), into.data(), into.size(), 0, nullptr, nullptr);
  });
  if (count < 0) return last_error("recv");
  return static_cast<std::size_t>(count);
}

Result<std::size_t> peek(const Fd& socket, std::span<std::byte> into) {
  const auto count =
      uninterrupted([&] { return ::recv(socket.number(), into.data(), into.size(), MSG_PEEK); });
  if (count < 0) return last_error("recv");
  return static_cast<std::size_t>(count);
}

bool has_finished_sending(const Fd& socket) {
  pollfd polled{.fd = socket.number(), .events = POLLRDHUP, .revents = 0};
  return uninterrupted([&] { return ::poll(&polled, 1, 0); }) > 0;
}

Result<std::size_t> send(const Fd& socket, std::span<const Bytes> pieces, bool more) {
  const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  ssize_t count = 0;
  if (pieces.size() == 1) {
    const Bytes piece = pieces.front();
    count = uninterrupted([&] {
      return ::syscall(SYS_sendto, socket.number(), piece.data(), piece.size(), flags, nullptr, 0);
    });
  } else {
    ASSERT(pieces.size() <= kMaximumPieces);
    iovec vector[kMaximumPieces];
    for (std::size_t i = 0; i < pieces.size(); ++i)
      vector[i] = {const_cast<std::byte*>(pieces[i].data()), pieces[i].size()};
    msghdr message{};
    message.msg_iov = vector;
    message.msg_iovlen = pieces.size();
    count = uninterrupted([&] { return ::sendmsg(socket.number(), &message, flags); });
  }
  if (count < 0) return last_error("send");
  return static_cast<std::size_t>(count);
}

Result<std::size_t> send_file(const Fd& socket, int file, std::uint64_t offset, std::size_t count) {
  auto position = static_cast<off_t>(offset);
  const auto sent = uninterrupted([&] { return ::sendfile(socket.number(), file, &position, count); });
  if (sent < 0) return last_error("sendfile");
  return static_cast<std::size_t>(sent);
}

Result<std::string> congestion_control(const Fd& socket) {
  char name[16] = {};  // TCP_CA_NAME_MAX
  socklen_t length = sizeof name - 1;
  if (::getsockopt(socket.number(), IPPROTO_TCP, TCP_CONGESTION, name, &length) != 0)
    return last_error("getsockopt TCP_CONGESTION");
  return std::string(name);
}

Result<void> set_congestion_control(const Fd& socket, const std::string& name) {
  if (::setsockopt(socket.number(), IPPROTO_TCP, TCP_CONGESTION, name.data(),
                   static_cast<socklen_t>(name.size())) != 0)
    return last_error("setsockopt TCP_CONGESTION");
  return {};
}

std::string available_congestion_controls() {
  // Without privileges, the allowed ones only; with them, any that the kernel has.
  const char* list = ::geteuid() == 0 ? "/proc/sys/net/ipv4/tcp_available_congestion_control"
                                      : "/proc/sys/net/ipv4/tcp_allowed_congestion_control";
  std::string names = read_file(list).value_or("");
  while (names.ends_with('\n')) names.pop_back();
  for (std::size_t space = 0; (space = names.find(' ', space)) != std::string::npos; space += 2)
    names.replace(space, 1, ", ");
  return names;
}

void shut_down_writing(const Fd& socket) { ::shutdown(socket.number(), SHUT_WR); }

void reset_when_closed(const Fd& socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

std::uint64_t unacknowledged_bytes(const Fd& socket) {
  int bytes = 0;
  return ::ioctl(socket.number(), SIOCOUTQ, &bytes) == 0 ? static_cast<std::uint64_t>(bytes) : 0;
}

}  // namespace bobbin::os
