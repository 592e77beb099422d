#pragma once

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

#include "base/endpoint.h"
#include "os/fd.h"
#include "os/socket.h"

// For this room's tests only.
namespace bobbin::server {

/// The client's end of a TCP connection over loopback. Calls wait, for a minute at most.
class TestClient {
 public:
  explicit TestClient(const Endpoint& server) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval limit{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(socket_.number(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }

  [[nodiscard]] std::uint16_t port() const { return os::local_endpoint(socket_)->port; }
  void send(std::string_view text) const {
    EXPECT_EQ(::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  void finish_sending() const { ::shutdown(socket_.number(), SHUT_WR); }
  void close() { socket_ = os::Fd(); }
  /// Closes with a reset instead of a FIN.
  void abort() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }

  struct Received {
    std::string bytes;
    int error = 0;  ///< not 0 after a reset, even when all had arrived before; EAGAIN: not closed in time
  };
  /// Everything until the server has closed.
  [[nodiscard]] Received receive_to_end() const {
    Received received;
    std::array<char, 4096> piece;
    while (true) {
      const auto count = ::recv(socket_.number(), piece.data(), piece.size(), 0);
      if (count < 0) received.error = errno;
      if (count == 0) received.error = pending_error();
      if (count <= 0) return received;
      received.bytes.append(piece.data(), static_cast<std::size_t>(count));
    }
  }
  /// Whether there is something to receive now, or the server has closed.
  [[nodiscard]] bool has_news() const {
    char next = 0;
    return ::recv(socket_.number(), &next, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
  }

 private:
  /// A reset behind the server's FIN shows here and nowhere else.
  [[nodiscard]] int pending_error() const {
    int error = 0;
    socklen_t length = sizeof error;
    EXPECT_EQ(::getsockopt(socket_.number(), SOL_SOCKET, SO_ERROR, &error, &length), 0);
    return error;
  }

  os::Fd socket_;
};

/// A listening socket on loopback, at a port of its own.
struct TestListener {
  os::Fd socket = *os::listen_tcp(*parse_address("127.0.0.1"), 64);
  Endpoint bound = *os::local_endpoint(socket);

  /// The server's end of the connection that was made longest ago.
  [[nodiscard]] os::Accepted accept() const { return *os::accept_connection(socket); }
};

}  // namespace bobbin::server
