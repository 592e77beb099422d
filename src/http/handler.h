#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "base/endpoint.h"
#include "base/ids.h"
#include "http/error_form.h"
#include "http/request_head.h"
#include "http/response.h"

namespace bobbin::http {

/// What a handler decides from. Views and references live as long as the call.
struct Request {
  const RequestHead& head;
  const Endpoint& local;       ///< where the connection arrived
  std::string_view path = {};  ///< decoded, starts with '/', free of `.` and `..` segments; set by the router
};

/// Where answers that come later are handed in. Thread: any.
class ReplySink {
 public:
  virtual ~ReplySink() = default;
  virtual void deliver(ConnectionId connection, ExchangeId exchange, Response response) = 0;
};

/// The right to answer one exchange later, once, from any thread. Dropped unanswered, it answers 500: a bug
/// may cost a client its request, never leave it waiting. The sink outlives every ReplyLater.
class ReplyLater {
 public:
  ReplyLater(ReplySink& sink, ConnectionId connection, ExchangeId exchange)
      : sink_(&sink), connection_(connection), exchange_(exchange) {}
  ReplyLater(ReplyLater&& other) noexcept
      : sink_(std::exchange(other.sink_, nullptr)),
        connection_(other.connection_),
        exchange_(other.exchange_) {}
  ReplyLater& operator=(ReplyLater&& other) noexcept {
    std::swap(sink_, other.sink_);
    std::swap(connection_, other.connection_);
    std::swap(exchange_, other.exchange_);
    return *this;
  }
  ~ReplyLater() {
    if (sink_ != nullptr)
      std::move (*this)(Response::error(Status::internal_server_error, "The request was lost."));
  }

  void operator()(Response response) && {
    if (ReplySink* sink = std::exchange(sink_, nullptr))
      sink->deliver(connection_, exchange_, std::move(response));
  }
  /// Gives the right up in silence: the answer goes another way.
  void forget() && { sink_ = nullptr; }

 private:
  ReplySink* sink_;
  ConnectionId connection_;
  ExchangeId exchange_;
};

struct Pending {};  ///< the answer comes through ReplyLater
using Reply = std::variant<Response, Pending>;

/// One request being received. Thread: the worker that owns the connection.
class Exchange {
 public:
  virtual ~Exchange() = default;
  /// The next piece of the content, decoded from its transfer coding. A response here refuses the rest.
  [[nodiscard]] virtual std::optional<Response> content(Bytes piece) = 0;
  /// All of the content has arrived.
  [[nodiscard]] virtual Reply complete(ReplyLater later) = 0;
};

/// A response at once, from the head alone, or how to receive the content first.
using Begin = std::variant<Response, std::unique_ptr<Exchange>>;

/// Decides from the head alone. Thread: any worker, all at once; so const means thread-safe.
class Handler {
 public:
  virtual ~Handler() = default;
  [[nodiscard]] virtual Begin begin(const Request& request) const = 0;
  /// How errors of this request are shown, those that the session itself finds included.
  [[nodiscard]] virtual ErrorForm error_form(const RequestHead& head) const {
    return preferred_error_form(head);
  }
};

}  // namespace bobbin::http
