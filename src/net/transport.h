#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "os/fd.h"

namespace bobbin::net {

/// Whether a call of a transport failed only because it would have had to wait.
[[nodiscard]] inline bool is_temporary(const Error& error) {
  return error.code == EAGAIN || error.code == EWOULDBLOCK;
}

/// How bytes travel on one connection: the only way in which the server touches a client. No call waits: a
/// call that would have to wait fails with EAGAIN, and is made again when the descriptor has become ready.
/// Thread: one at a time.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Returns how many bytes were received; 0 means that the peer has finished sending.
  [[nodiscard]] virtual Result<std::size_t> receive(std::span<std::byte> into) = 0;
  /// Sends the pieces, at most os::kMaximumPieces of them, and returns how many bytes were taken. `more` says
  /// that further bytes follow at once.
  [[nodiscard]] virtual Result<std::size_t> send(std::span<const Bytes> pieces, bool more) = 0;
  /// Sends a part of a file without copying it through this process. Returns 0 when the file ends before
  /// `offset`. Fails with EOPNOTSUPP when this transport cannot do so: the caller reads and sends instead.
  [[nodiscard]] virtual Result<std::size_t> send_file(int file, std::uint64_t offset, std::size_t count) = 0;
  /// Tells the peer that we have finished sending; reading goes on.
  virtual void shut_down_writing() = 0;
  /// The close that follows becomes a reset: the peer shall not take the end of the connection for the end of
  /// the content.
  virtual void close_with_reset() = 0;

  /// How many of the bytes that were sent the peer has not acknowledged; 0 where that is not known.
  [[nodiscard]] virtual std::uint64_t unacknowledged_bytes() const = 0;
  /// The descriptor that becomes readable or writable when a call may be made again.
  [[nodiscard]] virtual const os::Fd& descriptor() const = 0;
  /// The other end of the connection.
  [[nodiscard]] virtual const Endpoint& peer() const = 0;
  /// Whom the connection is from: the peer, or whom the peer, which is a proxy, has named. It is final once
  /// something has been received; the reference stays valid.
  [[nodiscard]] virtual const Endpoint& client() const { return peer(); }
  /// Our address, at which the connection arrived.
  [[nodiscard]] virtual const Endpoint& local() const = 0;
  /// The protocol spoken on the connection, by its ALPN name (RFC 7301): "http/1.1".
  [[nodiscard]] virtual std::string_view protocol() const { return "http/1.1"; }
  /// Why the PROXY header was refused, as the end of a sentence; empty when it was not.
  [[nodiscard]] virtual std::string_view proxy_failure() const { return {}; }
};

}  // namespace bobbin::net
