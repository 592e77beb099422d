#include "os/log_socket.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/call.h"
#include "os/file.h"
#include "os/socket.h"
#include "os/unix_socket.h"

namespace bobbin::os {
namespace {

// What the journal demands (systemd, Native Journal Protocol, "Basics").
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

Result<Fd> connect_unix(const std::string& path) {
  if (path.size() > kMaximumSocketPathBytes) return failure(Error{ENAMETOOLONG, "connect"});
  Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return last_error("socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (::connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return last_error("connect");
  return socket;
}

Result<Fd> sealed_file(std::string_view content) {
  Fd file = TRY(file_in_memory(content));
  if (::fcntl(file.number(), F_ADD_SEALS, kSeals) != 0) return last_error("fcntl");
  return file;
}

Result<bool> sent(ssize_t taken) {
  if (taken >= 0) return true;
  if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
  return last_error("send");
}

}  // namespace

Result<LogSocket> LogSocket::connect(const Address& address) {
  const auto* path = std::get_if<std::string>(&address);
  return LogSocket(TRY(path != nullptr ? connect_unix(*path) : connect_udp(std::get<Endpoint>(address))));
}

Result<bool> LogSocket::send(std::string_view datagram) {
  return sent(uninterrupted(
      [&] { return ::send(fd_.number(), datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_NOSIGNAL); }));
}

Result<bool> LogSocket::send_as_file(std::string_view content) {
  const Fd file = TRY(sealed_file(content));
  const int number = file.number();
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof number)] = {};
  msghdr message{};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof number);
  std::memcpy(CMSG_DATA(header), &number, sizeof number);
  return sent(uninterrupted([&] { return ::sendmsg(fd_.number(), &message, MSG_DONTWAIT | MSG_NOSIGNAL); }));
}

void LogSocket::wait_for_room(milliseconds limit) {
  pollfd request{fd_.number(), POLLOUT, 0};
  static_cast<void>(::poll(&request, 1, static_cast<int>(limit.count())));
}

}  // namespace bobbin::os
