#pragma once

#include <memory>
#include <string_view>

#include "base/endpoint.h"
#include "net/transport.h"

namespace bobbin::net {

/// Decides whether the connection of a client whom a PROXY header names may go on. It lives as long as that
/// connection. Thread: the transport's.
class Admission {
 public:
  virtual ~Admission() = default;
  /// Asked once, and only when somebody is named.
  [[nodiscard]] virtual bool admits(const Endpoint& client) = 0;
};

/// A connection that begins with a header of the PROXY protocol, and goes on as another transport.
///
/// The header is read from the descriptor before the other transport receives or sends anything, and not a
/// byte more: so that transport may be any, one that secures the connection too. Until the header has come
/// whole, receive fails with EAGAIN and send with EINPROGRESS (see waits_for_opposite); when it is malformed,
/// both fail with EPROTO. A client who is not admitted can be told so: see Received. The session's deadline
/// for the first request bounds how long that takes.
class ProxiedTransport final : public Transport {
 public:
  /// `admission`: null admits everybody.
  explicit ProxiedTransport(std::unique_ptr<Transport> inner, std::unique_ptr<Admission> admission = nullptr);
  ~ProxiedTransport() override;

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
  [[nodiscard]] const Endpoint& client() const override;
  [[nodiscard]] const PeerCertificate* peer_certificate() const override;
  [[nodiscard]] std::string_view tls_version() const override;
  [[nodiscard]] std::string_view security_failure() const override;
  [[nodiscard]] bool is_admitted() const override;
  [[nodiscard]] std::string_view proxy_failure() const override;

 private:
  // Apart, so that this object is no larger than a plain transport, which every connection has room for.
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace bobbin::net
