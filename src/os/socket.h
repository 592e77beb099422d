#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

struct Accepted {
  Fd socket;
  Endpoint peer;
};

/// Whether a socket at an IPv6 address takes IPv4 clients too, which reach it when that address is the
/// wildcard. One that takes IPv6 only can stand beside a socket for IPv4 at the same port.
enum class Families : std::uint8_t { its_own, both };

/// A listening TCP socket, not blocking. TCP_NODELAY is set, and accepted sockets inherit it.
[[nodiscard]] Result<Fd> listen_tcp(const Endpoint& endpoint, int backlog,
                                    Families families = Families::its_own);
/// A UDP socket that sends to this address, not blocking.
[[nodiscard]] Result<Fd> connect_udp(const Endpoint& endpoint);
/// Whether this IPv6 socket takes IPv4 clients too. False for any other socket.
[[nodiscard]] bool takes_both_families(const Fd& socket);
/// The address a socket is bound to: with port 0 asked for, the one it got.
[[nodiscard]] Result<Endpoint> local_endpoint(const Fd& socket);
/// Of a TCP or Unix listener. EAGAIN when nobody waits.
[[nodiscard]] Result<Accepted> accept_connection(const Fd& listener);
/// How many connections wait to be accepted by this TCP listener. Asking costs a fraction of an accept that
/// finds nobody.
[[nodiscard]] std::size_t accept_queue_length(const Fd& listener);
/// What listen_tcp sets for the sake of accepted sockets; for a TCP listener that somebody else has made.
[[nodiscard]] Result<void> send_small_segments_at_once(const Fd& listener);

/// Which of these connected sockets their peers have given up, by index: reset, or finished without a byte
/// that is still to be received. (A peer that has finished behind a request may wait for its answer.) One
/// call for all, and one more for each that has finished.
[[nodiscard]] std::vector<std::size_t> given_up(std::span<const int> sockets);

/// 0: the peer has finished sending. EAGAIN: nothing there now.
[[nodiscard]] Result<std::size_t> receive(const Fd& socket, std::span<std::byte> into);

/// The same, and leaves the bytes where they are.
[[nodiscard]] Result<std::size_t> peek(const Fd& socket, std::span<std::byte> into);
/// Whether the peer has finished sending or the connection is broken, whatever is left to be received.
[[nodiscard]] bool has_finished_sending(const Fd& socket);

/// Sends the pieces in one call; returns how much the socket took. `more`: further bytes follow at once, so
/// that the kernel fills its segments. At most kMaximumPieces.
inline constexpr std::size_t kMaximumPieces = 64;
[[nodiscard]] Result<std::size_t> send(const Fd& socket, std::span<const Bytes> pieces, bool more);
/// Sends from the page cache (sendfile(2)). 0: the file ends before `offset`.
[[nodiscard]] Result<std::size_t> send_file(const Fd& socket, int file, std::uint64_t offset,
                                            std::size_t count);

/// The name of the algorithm that controls its congestion; that of a listening socket is inherited.
[[nodiscard]] Result<std::string> congestion_control(const Fd& socket);
/// ENOENT: the kernel has no such algorithm. EPERM: it is reserved.
[[nodiscard]] Result<void> set_congestion_control(const Fd& socket, const std::string& name);

/// The names that this process may set, "reno, cubic".
[[nodiscard]] std::string available_congestion_controls();

/// Tells the peer that we have finished sending; reading goes on.
void shut_down_writing(const Fd& socket);

/// The close that follows sends a reset instead of an orderly end (SO_LINGER with 0). Unix sockets have no
/// such end: there nothing changes.
void reset_when_closed(const Fd& socket);

/// How many bytes that were sent the peer's TCP has not acknowledged (SIOCOUTQ). Of a Unix socket: how much
/// memory the bytes take that the peer has not received, which is somewhat more than their number. 0 where it
/// cannot be told.
[[nodiscard]] std::uint64_t unacknowledged_bytes(const Fd& socket);

}  // namespace bobbin::os
