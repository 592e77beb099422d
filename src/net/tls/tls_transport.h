#pragma once

#include <memory>
#include <string_view>

#include "net/tls/context.h"
#include "net/transport.h"

namespace bobbin::net::tls {

/// TLS on a TCP connection, the server's side.
///
/// OpenSSL never waits, nor is it told of a full socket. What it reads, it reads through us from the socket,
/// so we know when that is empty. What it writes is gathered, and leaves with one call at the end of each of
/// ours: the messages of a handshake together, several records of content together. What the kernel does not
/// take is kept in encrypted form; the bytes it stands for count as sent only when all of it has left.
///
/// The handshake is a part of the first calls, receive or send, whichever comes. A client that speaks HTTP in
/// clear text is found out by its first byte: from then on bytes travel as they are, so that it can be told.
class TlsTransport final : public Transport {
 public:
  /// `socket` is connected and does not block.
  TlsTransport(std::shared_ptr<const Context> context, os::Fd socket, const Endpoint& peer,
               const Endpoint& local);
  ~TlsTransport() override;

  [[nodiscard]] Result<Received> receive(std::span<std::byte> into) override;
  [[nodiscard]] Result<std::size_t> send(std::span<const Bytes> pieces, bool more) override;
  [[nodiscard]] Result<std::size_t> send_file(int file, std::uint64_t offset, std::size_t count) override;
  void shut_down_writing() override;
  void close_with_reset() override;
  void end() override;
  [[nodiscard]] std::uint64_t unacknowledged_bytes() const override;
  [[nodiscard]] const os::Fd& descriptor() const override;
  [[nodiscard]] const Endpoint& peer() const override;
  [[nodiscard]] const Endpoint& local() const override;
  [[nodiscard]] std::string_view security_failure() const override;
  [[nodiscard]] const PeerCertificate* peer_certificate() const override;
  [[nodiscard]] std::string_view tls_version() const override;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace bobbin::net::tls
