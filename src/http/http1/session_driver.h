#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "http/filter.h"
#include "http/filters/error_page.h"
#include "http/filters/no_sniffing.h"
#include "http/http1/session.h"
#include "http/test_source.h"

// For tests: a session with a handler and services that write down what happens, and no socket.
namespace bobbin::http::http1 {

/// Answers GET and HEAD at once, stores what is POSTed, leaves `/later` pending, and refuses from their
/// heads `/missing` and, closing the connection, `/forbidden`.
class RecordingHandler final : public Handler {
 public:
  explicit RecordingHandler(std::vector<std::string>& events) : events_(events) {}

  /// The prepared answer to `/prepared`, which is kept when the first one has been given. It is mutable,
  /// since there is only one thread here.
  mutable PreparedResponse prepared{.status = Status::not_found};
  mutable int prepared_asked = 0;
  mutable std::vector<std::uint64_t> rounds;  ///< of the requests
  mutable std::vector<Endpoint> clients;
  mutable std::vector<Scheme> schemes;
  mutable std::vector<std::string> authorities;
  std::shared_ptr<SourceScript> source;  ///< of the answer to `/source`
  mutable int cancelled = 0;             ///< exchanges whose client has gone
  /// The receiver of `/waits` says Wait after so many pieces of content.
  int pieces_until_wait = 1;

  Begin begin(const Request& request) const override {
    const RequestHead& head = request.head;
    rounds.push_back(request.round);
    clients.push_back(request.client);
    schemes.push_back(request.scheme);
    authorities.emplace_back(head.authority);
    events_.push_back("request " + std::string(head.method_text) + " " + std::string(head.target));
    if (head.target == "/forbidden") {
      Response response = Response::error(Status::forbidden, "Not here.");
      response.close = true;
      return response;
    }
    if (head.target == "/missing") return Response::error(Status::not_found, "There is nothing here.");
    if (head.method == Method::post)
      return std::make_unique<Recording>(events_, cancelled, head.target == "/later",
                                         head.target == "/waits" ? pieces_until_wait : -1);
    if (head.target == "/pending")
      return Pending{.limit = seconds(7),
                     .late = Response::error(Status::service_unavailable, "Too slow."),
                     .cancelled = [this] { ++cancelled; }};
    if (head.target == "/prepared") {
      ++prepared_asked;
      if (prepared.status == Status::ok) return &prepared;
      Response response = Response::with_content(Status::ok, "text/plain", "hello");
      response.keep = [this](PreparedResponse kept) { prepared = std::move(kept); };
      return response;
    }
    if (head.target == "/source")
      return Response::with_content(Status::ok, "text/plain", std::make_unique<ScriptedSource>(source));
    if (head.target == "/long")
      return Response::with_content(Status::ok, "text/plain", std::string(100'000, 'x'));
    return Response::with_content(Status::ok, "text/plain", "hello");
  }

 private:
  class Recording final : public Exchange {
   public:
    Recording(std::vector<std::string>& events, int& cancelled, bool later, int pieces_until_wait)
        : events_(events), cancelled_(cancelled), later_(later), pieces_until_wait_(pieces_until_wait) {}
    void cancelled() override { ++cancelled_; }
    Intake content(Bytes piece) override {
      received_ += as_text(piece);
      if (--pieces_until_wait_ == 0) return Wait{};
      return Accepted{};
    }
    Reply complete(ReplyLater later) override {
      events_.push_back("content " + std::to_string(received_.size()) + " " + received_.substr(0, 40));
      if (later_) {
        std::move(later).forget();
        Pending pending;
        pending.late.add_field("Retry-After", "5");
        return pending;
      }
      std::move(later).forget();
      return Response::with_content(Status::created, "text/plain", "stored");
    }

   private:
    std::vector<std::string>& events_;
    int& cancelled_;
    std::string received_;
    bool later_;
    int pieces_until_wait_;
  };

  std::vector<std::string>& events_;
};

/// The filters that every response of the server passes.
inline FilteredHandler::Filters default_filters(const std::string& server_name) {
  FilteredHandler::Filters filters;
  filters.push_back(std::make_unique<filters::NoSniffing>());
  filters.push_back(std::make_unique<filters::ErrorPage>(server_name));
  return filters;
}

/// A session and the peer's side of it. Everything the session sends is taken at once unless `stalled`.
class SessionDriver final : public Services, public ReplySink {
 public:
  explicit SessionDriver(SessionSettings settings = {}, const ListenerRules& listener = kPlainListener)
      : settings_(std::move(settings)),
        handler_(std::make_shared<RecordingHandler>(events_)),
        context_{settings_,
                 std::make_shared<FilteredHandler>(default_filters(settings_.server_name), handler_), *this,
                 *this},
        session_(context_, ConnectionId{}, client_, local_, now, listener) {}

  void feed(std::string_view bytes) {
    // What the session does not want now it gets later, as from a socket.
    unread_ += bytes;
    while (!unread_.empty() && session_.wants_input()) {
      const std::string input = std::exchange(unread_, {});
      session_.begin_round();
      session_.received(as_bytes(input), now);
      pump();
    }
  }
  void end_input() {
    if (session_.wants_input()) session_.received({}, now);
    pump();
  }
  void advance(Duration duration) {
    now += duration;
    session_.unacknowledged(unacknowledged, now);
    if (session_.deadline() <= now) session_.expire(now);
    pump();
  }
  void pump() {
    while (!stalled) {
      const Outgoing out = session_.next(now);
      if (out.empty()) break;
      if (out.close_writing) {
        events_.push_back("shut down writing");
        session_.closed_writing(now);
        continue;
      }
      std::uint64_t count = 0;
      for (const Bytes piece : out.bytes) {
        sent += as_text(piece);
        count += piece.size();
      }
      session_.sent(count, now);
    }
    session_.rest();
  }
  void resume() {
    session_.resume(ExchangeId{session_.requests()}, now);
    pump();
    feed({});
  }
  void resolve(Response response) {
    static_cast<void>(session_.resolve(ExchangeId{session_.requests()}, std::move(response), now));
    pump();
    feed({});
  }

  /// The requests that the handler saw, and the answers ("answer 200 keep-alive"), in their order.
  [[nodiscard]] const std::vector<std::string>& events() const { return events_; }
  [[nodiscard]] Session& session() { return session_; }
  /// From now on these proxies are believed. The client of the connection is 10.0.0.1.
  void believe(const ProxyTrust& trust) { context_.proxies = &trust; }
  [[nodiscard]] const Session& session() const { return session_; }
  [[nodiscard]] RecordingHandler& handler() { return *handler_; }

  // Services
  std::string_view date_field() const override { return "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"; }
  bool ends_connections() const override { return crowded; }
  bool is_stopping() const override { return stopping; }
  bool wants_log_fields() const override { return true; }
  void exchange_ended(ConnectionId, const ExchangeSummary& summary, Instant) override {
    events_.push_back("answer " + std::to_string(code(summary.status)) +
                      (summary.keeps_connection ? " keep-alive" : " close"));
    summaries.push_back(summary);
  }
  // ReplySink
  void deliver(ConnectionId, ExchangeId, Response) override {}
  void resume(ConnectionId, ExchangeId) override {}

  Instant now{seconds(1'000'000)};
  bool crowded = false;
  bool stopping = false;
  bool stalled = false;
  std::uint64_t unacknowledged = 0;  ///< bytes that the peer's TCP has not acknowledged
  std::string sent;
  std::vector<ExchangeSummary> summaries;

 private:
  std::vector<std::string> events_;
  SessionSettings settings_;
  Endpoint client_ = *parse_address("10.0.0.1");
  Endpoint local_;
  std::shared_ptr<RecordingHandler> handler_;
  Session::Context context_;
  Session session_;
  std::string unread_;
};

}  // namespace bobbin::http::http1
