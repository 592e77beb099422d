#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/network.h"
#include "base/result.h"
#include "observe/log.h"
#include "observe/registry.h"
#include "os/epoll.h"
#include "os/fd.h"
#include "os/socket.h"
#include "os/unix_socket.h"
#include "server/arrival.h"
#include "server/pool.h"
#include "server/refusals.h"
#include "server/rejected.h"

namespace bobbin::server {

/// A listening socket and the address it got.
struct Listener {
  os::Fd socket;
  Endpoint bound;
  std::optional<os::SocketFile> file = std::nullopt;  ///< of a Unix socket that we have bound ourselves
  const ListenerService* service = &kPlainService;
};

/// Binds and listens. With port 0 the kernel chooses one.
[[nodiscard]] Result<Listener> listen(const Endpoint& endpoint,
                                      os::Families families = os::Families::its_own);
/// The same for a Unix socket: see os::listen_unix.
[[nodiscard]] Result<Listener> listen(const std::string& path, const os::SocketRights& rights);
/// Takes over a socket that listens already, which somebody else has bound.
[[nodiscard]] Result<Listener> adopt(os::Fd socket);

struct AcceptorSettings {
  std::string server_name;                 ///< for the answers to those that are rejected
  std::size_t rejected = 64;               ///< of these, how many are read on at once until they have closed
  Duration linger = seconds(2);            ///< and for how long each at most
  limits::ClientLimits* limits = nullptr;  ///< null: clients have none
};

/// Takes connections from the listeners and hands them to the pool; turns away those that it has no place
/// for. Thread: the main thread's.
class Acceptor {
 public:
  static constexpr observe::Metric kAccepted{"bobbin_connections_accepted_total",
                                             "Connections that were accepted"};
  static constexpr observe::Metric kRejected{
      "bobbin_connections_rejected_total",
      "Connections that were answered 503 or 429 since there was no place for them"};
  static constexpr observe::Metric kUntrusted{
      "bobbin_connections_untrusted_total",
      "Connections that were closed since a PROXY header was expected and they came from no trusted proxy"};
  static constexpr observe::Metric kLimited{
      "bobbin_connections_limited_total",
      "Connections that were rejected since their client had as many as one may have"};

  /// The references outlive the acceptor.
  [[nodiscard]] static Result<Acceptor> create(std::vector<Listener> listeners, WorkerPool& pool,
                                               observe::LogWriter& log, observe::Registry& registry,
                                               AcceptorSettings settings);

  /// Connections to listeners with a PROXY header are taken from these only. From none before the first call.
  void trust(Networks proxies) { proxies_ = std::move(proxies); }
  /// Readable when poll() has something to do.
  [[nodiscard]] const os::Fd& fd() const { return epoll_.fd(); }
  /// Makes poll() return when `fd` is readable.
  [[nodiscard]] Result<void> watch(const os::Fd& fd);

  /// The opposite. Before `fd` is closed where another process has it, too.
  void forget(const os::Fd& fd) { epoll_.forget(fd); }
  /// How many there are.
  [[nodiscard]] std::size_t listeners() const { return listeners_.size(); }

  /// Waits for connections and deals with them, at most for `limit`, or until a watched descriptor is
  /// readable. Whether one is.
  bool poll(milliseconds limit);

  /// Another process accepts at these listeners from now on, by their indexes: whoever waits there is left to
  /// it. The others: as stop_accepting() does.
  void hand_over(const std::vector<std::size_t>& indexes);
  /// Closes the listeners. Connections that the kernel has accepted for us are taken first: their clients
  /// believe that they are connected.
  void stop_accepting();
  /// Answers 503.
  void reject(Arrival arrival) { reject(std::move(arrival), kNoPlace); }

 private:
  Acceptor(std::vector<Listener> listeners, WorkerPool& pool, observe::LogWriter& log,
           observe::Registry& registry, AcceptorSettings settings, os::Epoll epoll, os::Fd spare);

  /// Takes as many as is fair in one turn, of those that wait now. 0 when nobody is left who waits.
  std::size_t accept_some(const Listener& listener, Instant now);
  void reject(Arrival arrival, const http::Refusal& refusal);
  [[nodiscard]] bool may_connect(const Endpoint& peer);
  /// Takes a place for a connection of this client, or sees to it that one is taken when the client is known.
  /// False when it has as many as it may.
  [[nodiscard]] bool take_place(Arrival& arrival, Instant now);
  void renew_spare();
  void out_of_descriptors(const Listener& listener, const Error& error, Instant now);
  void set_listening(bool listening);

  std::vector<Listener> listeners_;
  WorkerPool& pool_;
  observe::LogWriter& log_;
  observe::Counter& accepted_count_;
  observe::Counter& rejected_count_;
  observe::Counter& untrusted_count_;
  observe::Counter& limited_count_;
  os::Epoll epoll_;
  os::Fd spare_;  // given up for a moment when there is no other descriptor left to answer 503 with
  Rejected rejected_;
  Networks proxies_;
  limits::ClientLimits* limits_;
  Instant paused_until_ = kNever;       // kNever: not paused
  std::uint16_t unix_connections_ = 0;  // the number of the last connection of a Unix socket
  // Descriptors have run out, which has been logged, and no connection could be accepted since.
  bool starved_ = false;
};

}  // namespace bobbin::server
