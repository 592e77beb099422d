#pragma once

#include <utility>

#include "net/transport.h"

namespace bobbin::net {

/// Plain bytes on a stream socket, of TCP or Unix.
class TcpTransport final : public Transport {
 public:
  /// `socket` is connected and does not block.
  TcpTransport(os::Fd socket, const Endpoint& peer, const Endpoint& local)
      : socket_(std::move(socket)), peer_(peer), local_(local) {}

  [[nodiscard]] Result<Received> receive(std::span<std::byte> into) override;
  [[nodiscard]] Result<std::size_t> send(std::span<const Bytes> pieces, bool more) override;
  [[nodiscard]] Result<std::size_t> send_file(int file, std::uint64_t offset, std::size_t count) override;
  void shut_down_writing() override;
  void close_with_reset() override;
  [[nodiscard]] std::uint64_t unacknowledged_bytes() const override;
  [[nodiscard]] const os::Fd& descriptor() const override { return socket_; }
  [[nodiscard]] const Endpoint& peer() const override { return peer_; }
  [[nodiscard]] const Endpoint& local() const override { return local_; }

 private:
  os::Fd socket_;
  Endpoint peer_;
  Endpoint local_;
};

}  // namespace bobbin::net
