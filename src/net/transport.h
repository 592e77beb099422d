#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/peer_certificate.h"
#include "base/result.h"
#include "os/fd.h"

namespace bobbin::net {

/// Whether a call of a transport failed only because it would have had to wait.
[[nodiscard]] inline bool is_temporary(const Error& error) {
  return error.code == EAGAIN || error.code == EWOULDBLOCK || error.code == EINPROGRESS;
}
/// Whether such a call waits for the opposite direction: a receive goes on when the descriptor has become
/// writable, a send when it has become readable. So it is while a handshake is under way.
[[nodiscard]] inline bool waits_for_opposite(const Error& error) { return error.code == EINPROGRESS; }

/// What Transport::receive has taken.
struct Received {
  std::size_t count = 0;  ///< of bytes; 0 of a usable kind means that the peer has finished sending
  /// Whether there may be more at once. If not, the descriptor becomes readable when more has come.
  bool more = false;
  enum class Kind : std::uint8_t {
    usable,
    /// The bytes came in clear text where the connection should have been secured first. What is sent goes
    /// out in clear text, too, so that the peer can be told.
    unsecured,
    /// The client is not admitted: it may be told so, and nothing else. Said once, without any bytes;
    /// whatever it sends can be received afterwards.
    turned_away,
  };
  Kind kind = Kind::usable;
};

/// How bytes travel on one connection: the only way in which the server touches a client. No call waits: a
/// call that would have to wait fails with EAGAIN (or with EINPROGRESS, see waits_for_opposite), and is made
/// again when the descriptor has become ready. Thread: one at a time.
class Transport {
 public:
  virtual ~Transport() = default;

  [[nodiscard]] virtual Result<Received> receive(std::span<std::byte> into) = 0;
  /// Sends the pieces, at most os::kMaximumPieces of them, and returns how many bytes were taken. `more` says
  /// that further bytes follow at once. After a call that would have had to wait, the next one begins with
  /// the same bytes.
  [[nodiscard]] virtual Result<std::size_t> send(std::span<const Bytes> pieces, bool more) = 0;
  /// Sends a part of a file without copying it through this process. Returns 0 when the file ends before
  /// `offset`. Fails with EOPNOTSUPP when this transport cannot do so: the caller reads and sends instead.
  [[nodiscard]] virtual Result<std::size_t> send_file(int file, std::uint64_t offset, std::size_t count) = 0;
  /// Tells the peer that we have finished sending; reading goes on.
  virtual void shut_down_writing() = 0;
  /// The close that follows becomes a reset: the peer shall not take the end of the connection for the end of
  /// the content.
  virtual void close_with_reset() = 0;
  /// The connection is over and will be closed: says so to the peer where the protocol has a message for it.
  /// The end that TCP itself sends follows from the close.
  virtual void end() {}

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
  /// Null where the client has shown none. It lives as long as this.
  [[nodiscard]] virtual const PeerCertificate* peer_certificate() const { return nullptr; }
  /// The version of TLS that secures the connection, "TLSv1.3"; empty where none does, or does yet. It lives
  /// for ever.
  [[nodiscard]] virtual std::string_view tls_version() const { return {}; }
  /// Why the connection could not be secured, or is secure no more, in a few words for the log. Empty when
  /// nothing was wrong, or when the peer has merely left.
  [[nodiscard]] virtual std::string_view security_failure() const { return {}; }
  /// Whether the client that a proxy has named was admitted; true where nobody was asked.
  [[nodiscard]] virtual bool is_admitted() const { return true; }
  /// Why the PROXY header was refused, as the end of a sentence; empty when it was not.
  [[nodiscard]] virtual std::string_view proxy_failure() const { return {}; }
};

}  // namespace bobbin::net
