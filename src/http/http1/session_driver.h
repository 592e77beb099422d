#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "http/http1/session.h"
#include "http/test_handler.h"

// For tests: a session with a handler and services that write down what happens, and no socket.
namespace bobbin::http::http1 {

/// How often `what` stands in `text`.
inline std::size_t count(std::string_view text, std::string_view what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// A session and the peer's side of it. Everything the session sends is taken at once unless `stalled`.
class SessionDriver final : public Services, public ReplySink {
 public:
  explicit SessionDriver(SessionSettings settings = {}, const ListenerRules& listener = kPlainListener)
      : settings_(std::move(settings)),
        handler_(std::make_shared<RecordingHandler>(events_)),
        context_{{settings_,
                  std::make_shared<FilteredHandler>(default_filters(settings_.server_name), handler_), *this,
                  *this}},
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
  WallTime date() const override { return WallTime(std::chrono::seconds(784111777)); }
  std::string_view date_field() const override { return "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"; }
  bool ends_connections() const override { return crowded; }
  bool is_stopping() const override { return stopping; }
  bool wants_log_fields() const override { return true; }
  std::string new_request_id() override { return "made-" + std::to_string(++ids_); }
  Result<std::size_t> read_file(int, std::uint64_t, std::span<std::byte>) override { return std::size_t{0}; }
  void limit_exceeded(ConnectionId, std::string_view) override {}
  void content_sent(ConnectionId, const std::optional<Endpoint>&, std::uint64_t bytes, Instant) override {
    told_bytes.push_back(bytes);
  }
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
  std::vector<std::uint64_t> told_bytes;  ///< by content_sent
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
  int ids_ = 0;
};

}  // namespace bobbin::http::http1
