#include "os/message_socket.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "os/call.h"

namespace bobbin::os {
namespace {

constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(int) * MessageSocket::kMostDescriptors);

std::vector<Fd> descriptors_of(msghdr& header) {
  std::vector<Fd> descriptors;
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
       control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(control) + i * sizeof(int), sizeof number);
      descriptors.emplace_back(number);
    }
  }
  return descriptors;
}

}  // namespace

Result<std::pair<MessageSocket, MessageSocket>> MessageSocket::pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return last_error("socketpair");
  return std::pair(MessageSocket(Fd(ends[0])), MessageSocket(Fd(ends[1])));
}

Result<void> MessageSocket::send(std::string_view text, std::span<const int> descriptors) const {
  ASSERT(text.size() <= kLargestText && descriptors.size() <= kMostDescriptors);
  iovec bytes{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  if (!descriptors.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
  }
  if (uninterrupted([&] { return ::sendmsg(fd_.number(), &header, MSG_NOSIGNAL); }) < 0)
    return last_error("sendmsg");
  return {};
}

bool MessageSocket::is_ended() const {
  pollfd looked{.fd = fd_.number(), .events = 0, .revents = 0};
  return uninterrupted([&] { return ::poll(&looked, 1, 0); }) > 0 && (looked.revents & POLLHUP) != 0;
}

Result<std::optional<Message>> MessageSocket::receive(milliseconds limit) const {
  pollfd ready{.fd = fd_.number(), .events = POLLIN, .revents = 0};
  const int count = uninterrupted([&] { return ::poll(&ready, 1, static_cast<int>(limit.count())); });
  if (count < 0) return last_error("poll");
  if (count == 0) return failure(Error{EAGAIN, "recvmsg"});
  Message message{.text = std::string(kLargestText, '\0')};
  iovec bytes{.iov_base = message.text.data(), .iov_len = message.text.size()};
  msghdr header{};
  header.msg_iov = &bytes;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const auto read = [&] { return ::recvmsg(fd_.number(), &header, MSG_CMSG_CLOEXEC); };
  ssize_t received = uninterrupted(read);
  // Told once when the other end was closed with something unread in it. What that had sent before follows.
  if (received < 0 && errno == ECONNRESET) received = uninterrupted(read);
  if (received < 0) return last_error("recvmsg");
  message.descriptors = descriptors_of(header);
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return failure(Error{EMSGSIZE, "recvmsg"});
  if (received == 0) return std::nullopt;  // no message is empty
  message.text.resize(static_cast<std::size_t>(received));
  return message;
}

}  // namespace bobbin::os
