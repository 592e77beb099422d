#include "net/tcp_transport.h"

#include "os/socket.h"

namespace bobbin::net {

Result<Received> TcpTransport::receive(std::span<std::byte> into) {
  const std::size_t count = TRY(os::receive(socket_, into));
  // A short read has emptied the socket: asking again would only hear EAGAIN. What comes later is announced.
  return Received{.count = count, .more = count == into.size()};
}

Result<std::size_t> TcpTransport::send(std::span<const Bytes> pieces, bool more) {
  return os::send(socket_, pieces, more);
}

Result<std::size_t> TcpTransport::send_file(int file, std::uint64_t offset, std::size_t count) {
  return os::send_file(socket_, file, offset, count);
}

void TcpTransport::shut_down_writing() { os::shut_down_writing(socket_); }
void TcpTransport::close_with_reset() { os::reset_when_closed(socket_); }
std::uint64_t TcpTransport::unacknowledged_bytes() const { return os::unacknowledged_bytes(socket_); }

}  // namespace bobbin::net
