#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "base/peer_certificate.h"
#include "http/client_claims.h"
#include "http/decisions.h"
#include "http/error_form.h"
#include "http/file_rules.h"
#include "http/listener_rules.h"
#include "http/request_head.h"
#include "http/request_summary.h"
#include "http/response.h"

namespace bobbin::http {

/// Where other threads hand in what concerns an exchange. Thread: any.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  /// The answer that was Pending; or, with a 1xx status, an interim one before it (RFC 9110 §15.2).
  virtual void deliver(ConnectionId connection, ExchangeId exchange, Response response) = 0;
  /// What said Wait can go on.
  virtual void resume(ConnectionId connection, ExchangeId exchange) = 0;
};

/// Names one exchange of one connection to those who do something for it. The sink outlives every copy.
struct ExchangeAddress {
  ReplySink* sink = nullptr;
  ConnectionId connection;
  ExchangeId exchange{};
};

/// Tells the worker that an exchange, or the source of its content, which said Wait can go on. Thread: any.
/// Harmless when nobody waits or the client has gone.
class Resume {
 public:
  explicit Resume(const ExchangeAddress& address) : address_(address) {}
  void operator()() const { address_.sink->resume(address_.connection, address_.exchange); }

 private:
  ExchangeAddress address_;
};

/// The right to answer one exchange later, once, from any thread. Dropped unanswered, it answers 500: a bug
/// may cost a client its request, never leave it waiting.
class ReplyLater {
 public:
  explicit ReplyLater(const ExchangeAddress& address) : address_(address) {}
  ReplyLater(ReplyLater&& other) noexcept : address_(std::exchange(other.address_, {})) {}
  ReplyLater& operator=(ReplyLater&& other) noexcept {
    std::swap(address_, other.address_);
    return *this;
  }
  ~ReplyLater() {
    if (address_.sink != nullptr)
      std::move (*this)(Response::error(Status::internal_server_error, "The request was lost."));
  }

  void operator()(Response response) && {
    const ExchangeAddress address = std::exchange(address_, {});
    if (address.sink != nullptr)
      address.sink->deliver(address.connection, address.exchange, std::move(response));
  }
  /// Sends a 1xx answer before the one that is still to come; an HTTP/1.0 client gets none.
  void interim(Response response) const {
    ASSERT(is_interim(response.status));
    if (address_.sink != nullptr)
      address_.sink->deliver(address_.connection, address_.exchange, std::move(response));
  }
  /// Gives the right up in silence: the answer goes another way.
  void forget() && { address_.sink = nullptr; }

 private:
  ExchangeAddress address_;
};

/// What a handler decides from. Views, references and pointers live as long as the call: OwnedRequest is a
/// copy that outlives it.
struct Request {
  const RequestHead& head;
  const Endpoint& local;  ///< where the connection arrived
  /// Who asks: the other end of the connection, or whom a trusted proxy names.
  Endpoint client = {};
  /// Under which it asks: as a trusted proxy says, else that of the listener.
  Scheme scheme = Scheme::http;
  std::string_view path = {};  ///< decoded, starts with '/', free of `.` and `..` segments; set by the router
  ExchangeAddress exchange = {};
  /// Which worker asks, from 0: a handler may keep something for each, and needs no lock for it.
  unsigned worker = 0;
  /// Changes whenever this worker has received bytes. What was looked at in the same round was looked at
  /// after the request had arrived.
  std::uint64_t round = 0;
  /// Date of the answer will say this moment or a later one (RFC 9110 §6.6.1), so no other date of it may be
  /// later.
  WallTime date = WallTime::max();
  /// Of the listener at which the connection arrived.
  const ListenerRules& listener = kPlainListener;
  /// Whether it has been asked about before, and was undecided.
  bool is_asked_again = false;
  /// What, besides the path, decides how the site's rules change the response; set by the router. A prepared
  /// response is for requests of one variant.
  std::uint64_t variant = 0;
  /// What the site's rules say of files; set by the router.
  FileRules file_rules = {};
  /// Of the client, where the connection is secured and it has shown one; otherwise null. Lives as long as
  /// the connection.
  const PeerCertificate* certificate = nullptr;
  /// Empty where requests have none, see request_id().
  std::string_view id = {};
  /// Where a filter that has found out who asks writes the name, for the handlers behind it and for the log.
  /// Null: nobody wants to know.
  std::string* user = nullptr;
  /// Who is told why it is answered as it is; null: nobody wants to know.
  Decisions* decisions = nullptr;

  /// Tells what has been decided; the parts are joined. See Decisions::add.
  void note(std::string_view about, std::initializer_list<std::string_view> parts) const {
    if (decisions != nullptr) decisions->add(about, parts);
  }
  [[nodiscard]] ReplyLater reply_later() const { return ReplyLater(exchange); }
  [[nodiscard]] Resume resume() const { return Resume(exchange); }
};

/// The answer comes later, through the ReplyLater that the handler has kept.
struct Pending {
  Duration limit = seconds(30);  ///< how long it may take
  /// The answer when it took longer. One that comes after it is dropped.
  Response late = Response::error(Status::service_unavailable, "The answer took too long.");
  /// Called on the worker's thread when nobody waits any more: the client has gone, or the limit has passed.
  /// May be empty.
  std::function<void()> cancelled = {};
};
using Reply = std::variant<Response, Pending>;

struct Accepted {};
/// What an exchange says to a piece of content, which it has taken in every case. After Wait it is given no
/// more until Resume is called and resumed() has not said Wait again; a response refuses the rest.
using Intake = std::variant<Accepted, Wait, Response>;

/// One request being received. Thread: the worker that owns the connection.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// The next piece of the content, decoded from its transfer coding.
  [[nodiscard]] virtual Intake content(Bytes piece) = 0;
  /// Resume was called after Wait: the time to go on with what was kept of the last piece. It may be called
  /// before what was waited for is there.
  [[nodiscard]] virtual Intake resumed() { return Accepted{}; }
  /// All of the content has arrived.
  [[nodiscard]] virtual Reply complete(ReplyLater later) = 0;
  /// The content will not be completed: the client has gone, is too slow, or has sent something malformed.
  virtual void cancelled() {}
};

/// What becomes of the request must be found out first: begin() is called again, with the same request, once
/// Resume has been called. Nothing of the content is taken until then.
struct Undecided {
  Duration limit = seconds(30);  ///< how long it may take
  /// The answer when it took longer.
  Response late = Response::error(Status::service_unavailable,
                                  "It took too long to find out whether the request is allowed.");
};

/// From the head alone: a response at once, one that was prepared and stays valid during the call, "later",
/// how to receive the content first, or that this must be asked again.
using Begin = std::variant<Response, const PreparedResponse*, Pending, std::unique_ptr<Exchange>, Undecided>;

/// Whether the answer is a 404, and so another handler may be asked.
[[nodiscard]] inline bool is_not_found(const Begin& begin) {
  if (const auto* response = std::get_if<Response>(&begin)) return response->status == Status::not_found;
  const auto* prepared = std::get_if<const PreparedResponse*>(&begin);
  return prepared != nullptr && (*prepared)->status == Status::not_found;
}

/// Decides from the head alone. Thread: any worker, all at once; so const means thread-safe.
class Handler {
 public:
  virtual ~Handler() = default;
  [[nodiscard]] virtual Begin begin(const Request& request) const = 0;
  /// How errors of this request are shown, those that the session itself finds included.
  [[nodiscard]] virtual ErrorForm error_form(const RequestHead& head) const {
    return preferred_error_form(head);
  }
  /// What of a request must be known to finish() when its head is gone. The head may be one of which only a
  /// part could be read. `local` and `listener`: where the connection arrived.
  [[nodiscard]] virtual RequestSummary summarize(const RequestHead& head, const Endpoint& local,
                                                 const ListenerRules& listener) const {
    static_cast<void>(local);
    static_cast<void>(listener);
    return {.method = head.method,
            .minor_version = head.minor_version,
            .persists = head.asks_to_persist,
            .error_form = error_form(head)};
  }
  /// Which proxies may say for whom they ask; null when none may. Lives as long as the handler.
  [[nodiscard]] virtual const ProxyTrust* proxies() const { return nullptr; }
  /// Called once for every final response before it is sent, wherever and whenever it was made. It is not
  /// called for a prepared response, for which it was called when that was made. See FilteredHandler.
  virtual void finish(const RequestSummary& request, Response& response) const {
    static_cast<void>(request);
    static_cast<void>(response);
  }
};

}  // namespace bobbin::http
