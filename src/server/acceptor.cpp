#include "server/acceptor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <utility>

#include "os/file.h"
#include "os/socket.h"
#include "server/client_place.h"

namespace bobbin::server {
namespace {

constexpr int kBacklog = 4096;  // the kernel lowers it to net.core.somaxconn
constexpr std::size_t kAcceptsPerTurn = 64;
constexpr Duration kPause = milliseconds(100);
constexpr milliseconds kExpiryCheck{100};

// Epoll tags: listeners by index, then what poll() merely returns for, then Rejected's own.
constexpr std::uint64_t kWatched = 1'000'000;
constexpr std::uint64_t kRejectedTag = kWatched + 1;

/// The connection broke before we took it (accept(2)). The next one may be fine.
bool is_about_one_connection(int code) {
  return code == ECONNABORTED || code == EPROTO || code == EPERM || code == ENETDOWN ||
         code == EHOSTUNREACH || code == ENETUNREACH || code == ETIMEDOUT;
}

}  // namespace

Result<Listener> listen(const Endpoint& endpoint, os::Families families) {
  return adopt(TRY(os::listen_tcp(endpoint, kBacklog, families)));
}

Result<Listener> listen(const std::string& path, const os::SocketRights& rights) {
  auto [socket, file] = TRY(os::listen_unix(path, rights, kBacklog));
  Listener listener = TRY(adopt(std::move(socket)));
  listener.file = std::move(file);
  return listener;
}

Result<Listener> adopt(os::Fd socket) {
  const Endpoint bound = TRY(os::local_endpoint(socket));
  return Listener{std::move(socket), bound};
}

Acceptor::Acceptor(std::vector<Listener> listeners, WorkerPool& pool, observe::LogWriter& log,
                   observe::Registry& registry, AcceptorSettings settings, os::Epoll epoll, os::Fd spare)
    : listeners_(std::move(listeners)),
      pool_(pool),
      log_(log),
      accepted_count_(registry.counter(kAccepted)),
      rejected_count_(registry.counter(kRejected)),
      untrusted_count_(registry.counter(kUntrusted)),
      limited_count_(registry.counter(kLimited)),
      epoll_(std::move(epoll)),
      spare_(std::move(spare)),
      rejected_(std::move(settings.server_name), kRejectedTag, settings.rejected, settings.linger),
      limits_(settings.limits) {}

Result<Acceptor> Acceptor::create(std::vector<Listener> listeners, WorkerPool& pool, observe::LogWriter& log,
                                  observe::Registry& registry, AcceptorSettings settings) {
  auto epoll = TRY(os::Epoll::create());
  for (std::size_t i = 0; i < listeners.size(); ++i) TRY(epoll.watch_readable(listeners[i].socket, i));
  auto spare = TRY(os::duplicate(epoll.fd()));
  return Acceptor(std::move(listeners), pool, log, registry, std::move(settings), std::move(epoll),
                  std::move(spare));
}

Result<void> Acceptor::watch(const os::Fd& fd) { return epoll_.watch_readable(fd, kWatched); }

bool Acceptor::poll(milliseconds limit) {
  const bool has_deadlines = !rejected_.empty() || paused_until_ != kNever || !spare_;
  if (has_deadlines) limit = limit == os::Epoll::kForever ? kExpiryCheck : std::min(limit, kExpiryCheck);
  std::array<os::Event, os::Epoll::kMaximumEvents> events;
  const auto ready = epoll_.wait(events, limit);
  const Instant now = monotonic_now();
  bool watched_is_readable = false;
  for (const os::Event& event : ready) {
    watched_is_readable |= event.tag == kWatched;
    if (!rejected_.handle(event, epoll_) && event.tag < listeners_.size())
      accept_some(listeners_[event.tag], now);
  }
  rejected_.expire(now);
  renew_spare();
  if (paused_until_ <= now) set_listening(true);
  return watched_is_readable;
}

std::size_t Acceptor::accept_some(const Listener& listener, Instant now) {
  // Those that wait and no more: an accept that finds nobody costs nearly as much as one that succeeds, since
  // the kernel makes the socket first. One at least, where the kernel does not tell their number; of a Unix
  // socket it never does.
  const bool is_unix_socket = listener.bound.is_unix_socket();
  const std::size_t waiting = is_unix_socket ? kAcceptsPerTurn : os::accept_queue_length(listener.socket);
  for (std::size_t i = 0; i < std::clamp(waiting, std::size_t{1}, kAcceptsPerTurn); ++i) {
    auto accepted = os::accept_connection(listener.socket);
    if (!accepted) {
      const int code = accepted.error().code;
      if (is_about_one_connection(code)) continue;
      if (code != EAGAIN) out_of_descriptors(listener, accepted.error(), now);
      return 0;
    }
    starved_ = false;
    accepted_count_.add();
    if (is_unix_socket) accepted->peer.port = ++unix_connections_;
    if (listener.service->has_proxy_header && !may_connect(accepted->peer)) continue;
    Arrival arrival{.socket = std::move(accepted->socket),
                    .peer = accepted->peer,
                    .local = listener.bound,
                    .service = listener.service};
    // Which of our addresses the client chose matters for Host; only a wildcard listener does not know it
    // already.
    if (listener.bound.is_wildcard())
      if (const auto local = os::local_endpoint(arrival.socket)) arrival.local = *local;
    if (limits_ != nullptr && limits_->limits_connections() && !take_place(arrival, now)) {
      reject(std::move(arrival), kClientLimit);
      continue;
    }
    if (pool_.admit(arrival, log_) == WorkerPool::Admission::refused) {
      log_.write(observe::Event::queue_full,
                 "Warning: Connection queue full, rejecting connection from " + arrival.peer.text());
      reject(std::move(arrival));
    }
  }
  return waiting;
}

bool Acceptor::may_connect(const Endpoint& peer) {
  if (contains(proxies_, peer)) return true;
  untrusted_count_.add();
  log_.write(observe::Event::peer_not_trusted,
             "Warning: " + peer.text() + " is none of --trusted-proxies, closing its connection");
  return false;
}

void Acceptor::out_of_descriptors(const Listener& listener, const Error& error, Instant now) {
  if (!std::exchange(starved_, true))
    log_.write(observe::Event::accepting_paused,
               "Warning: Cannot accept connections for a moment: " + error.message());
  // The oldest waiting client is told; the others wait in the kernel. Its number is the spare one's, or that
  // of a client which has got its answer and would be read on for a while.
  spare_ ? spare_.close() : rejected_.drop_oldest();
  if (auto accepted = os::accept_connection(listener.socket)) {
    accepted_count_.add();
    reject({.socket = std::move(accepted->socket),
            .peer = accepted->peer,
            .local = listener.bound,
            .service = listener.service});
  }
  renew_spare();
  // Level-triggered, so leaving the listener in the poller would spin.
  set_listening(false);
  paused_until_ = now + kPause;
}

void Acceptor::renew_spare() {
  if (spare_) return;
  if (auto spare = os::duplicate(epoll_.fd())) spare_ = std::move(*spare);
}

void Acceptor::set_listening(bool listening) {
  for (std::size_t i = 0; i < listeners_.size(); ++i)
    if (const auto changed = epoll_.set_watched(listeners_[i].socket, listening, i); !changed)
      log_.write(observe::Event::listener_not_watched, changed.error().message());
  if (listening) paused_until_ = kNever;
}

void Acceptor::hand_over(const std::vector<std::size_t>& indexes) {
  for (const std::size_t index : indexes) {
    Listener& listener = listeners_[index];
    epoll_.forget(listener.socket);
    if (listener.file) listener.file->give_away();
    listener.socket.close();
  }
  std::erase_if(listeners_, [](const Listener& listener) { return !listener.socket; });
  stop_accepting();
}

void Acceptor::stop_accepting() {
  const Instant now = monotonic_now();
  for (Listener& listener : listeners_) {
    listener.file.reset();  // first, so that nobody connects who would not be accepted any more
    for (std::size_t turn = 0; turn < kBacklog / kAcceptsPerTurn && accept_some(listener, now) > 0; ++turn) {
    }
  }
  listeners_.clear();
  paused_until_ = kNever;
}

bool Acceptor::take_place(Arrival& arrival, Instant now) {
  if (arrival.service->has_proxy_header) {
    arrival.admission = std::make_unique<ClientPlace>(*limits_);
    return true;
  }
  auto place = limits_->connect(arrival.peer, now);
  if (!place) {
    limited_count_.add();
    log_.write(observe::Event::client_connections_exceeded,
               "Warning: " + arrival.peer.address_text() +
                   " has as many connections as a client may, rejecting " + arrival.peer.text());
    return false;
  }
  arrival.place = *std::move(place);
  return true;
}

void Acceptor::reject(Arrival arrival, const http::Refusal& refusal) {
  arrival.admission.reset();  // it is refused anyway
  rejected_count_.add();
  rejected_.add(make_transport(std::move(arrival), kMakeApart), epoll_, refusal, monotonic_now());
}

}  // namespace bobbin::server
