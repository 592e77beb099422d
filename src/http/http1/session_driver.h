#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ascii.h"
#include "http/http1/session.h"

// For tests: a session with a handler and services that write down what happens, and no socket.
namespace bobbin::http::http1 {

/// Answers GET and HEAD at once, stores what is POSTed, leaves `/later` pending, and refuses from their
/// heads `/missing` and, closing the connection, `/forbidden`.
class RecordingHandler final : public Handler {
 public:
  explicit RecordingHandler(std::vector<std::string>& events) : events_(events) {}

  /// Of the answers to `/again`.
  class Switch final : public Revalidator {
   public:
    bool is_fresh() override {
      ++asked;
      return holds;
    }
    bool holds = true;
    mutable int asked = 0;
  };
  std::shared_ptr<Switch> revalidator = std::make_shared<Switch>();

  Begin begin(const Request& request) const override {
    const RequestHead& head = request.head;
    events_.push_back("request " + std::string(head.method_text) + " " + std::string(head.target));
    if (head.target == "/forbidden") {
      Response response = Response::error(Status::forbidden, "Not here.");
      response.close = true;
      return response;
    }
    if (head.target == "/missing") return Response::error(Status::not_found, "There is nothing here.");
    if (head.method == Method::post) return std::make_unique<Recording>(events_, head.target == "/later");
    if (head.target == "/again") {
      Response response = Response::with_content(Status::ok, "text/plain", "hello");
      response.revalidator = revalidator;
      return response;
    }
    if (head.target == "/long")
      return Response::with_content(Status::ok, "text/plain", std::string(100'000, 'x'));
    return Response::with_content(Status::ok, "text/plain", "hello");
  }

 private:
  class Recording final : public Exchange {
   public:
    Recording(std::vector<std::string>& events, bool later) : events_(events), later_(later) {}
    std::optional<Response> content(Bytes piece) override {
      received_ += as_text(piece);
      return std::nullopt;
    }
    Reply complete(ReplyLater later) override {
      events_.push_back("content " + std::to_string(received_.size()) + " " + received_.substr(0, 40));
      if (later_) {
        std::move(later).forget();
        return Pending{};
      }
      std::move(later).forget();
      return Response::with_content(Status::created, "text/plain", "stored");
    }

   private:
    std::vector<std::string>& events_;
    std::string received_;
    bool later_;
  };

  std::vector<std::string>& events_;
};

/// A session and the peer's side of it. Everything the session sends is taken at once unless `stalled`.
class SessionDriver final : public SessionHost, public ReplySink {
 public:
  explicit SessionDriver(SessionSettings settings = {})
      : settings_(std::move(settings)),
        handler_(events_),
        services_{settings_, handler_, *this, *this, ResponseCache(1 << 20)},
        session_(services_, ConnectionId{}, Endpoint{}, now) {}

  void feed(std::string_view bytes) {
    // As a socket would: what the session does not want now, it gets when it does.
    unread_ += bytes;
    while (!unread_.empty() && session_.wants_input()) {
      const std::string input = std::exchange(unread_, {});
      services_.memory.begin_round();
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
    if (session_.deadline() <= now) session_.expire(now);
    pump();
  }
  void pump() {
    while (!stalled) {
      const Outgoing out = session_.next();
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
  void resolve(Response response) {
    static_cast<void>(session_.resolve(ExchangeId{session_.requests()}, std::move(response), now));
    pump();
    feed({});
  }

  /// What the handler saw and what was answered ("answer 200 keep-alive"), in order of their beginning.
  [[nodiscard]] const std::vector<std::string>& events() const { return events_; }
  [[nodiscard]] Session& session() { return session_; }
  [[nodiscard]] RecordingHandler& handler() { return handler_; }

  // SessionHost
  std::string_view date_field() const override { return "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"; }
  bool ends_connections() const override { return crowded; }
  bool wants_log_fields() const override { return true; }
  void exchange_ended(ConnectionId, const ExchangeSummary& summary, Instant) override {
    events_.push_back("answer " + std::to_string(code(summary.status)) +
                      (summary.keeps_connection ? " keep-alive" : " close"));
    summaries.push_back(summary);
  }
  // ReplySink
  void deliver(ConnectionId, ExchangeId, Response) override {}

  Instant now{seconds(1'000'000)};
  bool crowded = false;
  bool stalled = false;
  std::string sent;
  std::vector<ExchangeSummary> summaries;

 private:
  std::vector<std::string> events_;
  SessionSettings settings_;
  RecordingHandler handler_;
  Session::Services services_;
  Session session_;
  std::string unread_;
};

}  // namespace bobbin::http::http1
