#include "explain/exchange.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/mutex.h"
#include "http/date.h"
#include "http/http1/session.h"
#include "http/session.h"

namespace bobbin::explain {
namespace {

/// What other threads hand in while the exchange waits.
class Mailbox final : public http::ReplySink {
 public:
  /// An answer; without one: it can go on.
  struct Message {
    ExchangeId exchange;
    std::optional<http::Response> answer;
  };

  void deliver(ConnectionId, ExchangeId exchange, http::Response response) override {
    post({exchange, std::move(response)});
  }
  void resume(ConnectionId, ExchangeId exchange) override { post({exchange, std::nullopt}); }

  /// Empty: none came until the deadline.
  [[nodiscard]] std::vector<Message> take(Instant deadline) EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    while (messages_.empty()) {
      const Duration left = deadline - monotonic_now();
      if (left <= Duration::zero()) break;
      came_.wait_for(mutex_, left);
    }
    return std::exchange(messages_, {});
  }

 private:
  void post(Message message) EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    messages_.push_back(std::move(message));
    came_.notify_one();
  }

  Mutex mutex_;
  ConditionVariable came_;
  std::vector<Message> messages_ GUARDED_BY(mutex_);
};

/// Keeps what those who decide have told. What is told again, since an exchange was begun again, is there.
class Notes final : public http::Decisions {
 public:
  using http::Decisions::add;
  void add(std::string_view about, std::string text) override {
    Decision decision{std::string(about), std::move(text)};
    if (std::ranges::find(decisions_, decision) == decisions_.end())
      decisions_.push_back(std::move(decision));
  }
  [[nodiscard]] std::vector<Decision> take() && { return std::move(decisions_); }

 private:
  std::vector<Decision> decisions_;
};

/// What is seen of an exchange while it is begun.
struct Observations {
  Notes notes;
  http::ContentFraming framing;  // of the request
  bool takes_content = false;    // whether the answer follows from the content
};

/// Asks another handler, which is to tell why it answers as it does. `seen` outlives it.
class Observed final : public http::Handler {
 public:
  Observed(std::shared_ptr<const http::Handler> handler, Observations& seen)
      : handler_(std::move(handler)), seen_(seen) {}

  [[nodiscard]] http::Begin begin(const http::Request& request) const override {
    http::Request observed = request;
    observed.decisions = &seen_.notes;
    http::Begin begin = handler_->begin(observed);
    seen_.framing = request.head.framing;
    seen_.takes_content = std::holds_alternative<std::unique_ptr<http::Exchange>>(begin);
    return begin;
  }
  [[nodiscard]] http::ErrorForm error_form(const http::RequestHead& head) const override {
    return handler_->error_form(head);
  }
  [[nodiscard]] http::RequestSummary summarize(const http::RequestHead& head, const Endpoint& local,
                                               const http::ListenerRules& listener) const override {
    return handler_->summarize(head, local, listener);
  }
  [[nodiscard]] const http::ProxyTrust* proxies() const override { return handler_->proxies(); }
  void finish(const http::RequestSummary& request, http::Response& response) const override {
    handler_->finish(request, response);
  }

 private:
  const std::shared_ptr<const http::Handler> handler_;
  Observations& seen_;
};

/// Content of this framing, for an answer that does not follow from it.
std::string any_content(const http::ContentFraming& framing) {
  if (framing.kind == http::ContentFraming::Kind::chunked) return "0\r\n\r\n";
  return std::string(framing.length_bytes, '\0');
}

/// The head of the final response in what was sent, to the empty line; empty: it is not there yet.
std::string_view final_head(std::string_view sent) {
  while (true) {
    const std::size_t end = sent.find("\r\n\r\n");
    if (end == std::string_view::npos) return {};
    const std::string_view head = sent.substr(0, end + 4);
    const bool is_interim = head.substr(std::min(head.find(' ') + 1, head.size())).starts_with('1');
    if (!is_interim) return head;
    sent.remove_prefix(head.size());
  }
}

/// One exchange on a connection that there is not. Thread: one.
class Conversation final : private http::Services {
 public:
  Conversation(const Question& question, const std::shared_ptr<const http::Handler>& handler,
               const http::SessionSettings& settings)
      : question_(question),
        date_(wall_now()),
        date_field_("Date: " + http::format_date(date_) + "\r\n"),
        context_{{.settings = settings,
                  .handler = std::make_shared<const Observed>(handler, seen_),
                  .services = *this,
                  .replies = mailbox_,
                  .proxies = handler->proxies()}},
        session_(context_, ConnectionId{}, question.client, question.local, monotonic_now(),
                 question.listener) {}

  [[nodiscard]] Explanation explanation() && {
    receive(question_.text);
    while (final_head(sent_).empty() && !session_.finished()) {
      if (!awaits_content())
        wait();
      else if (!seen_.takes_content)
        receive(any_content(seen_.framing));
      else
        break;
    }
    std::string head(final_head(sent_));
    const bool depends_on_content = head.empty() && seen_.takes_content;
    // It tells what the log would say.
    if (!session_.finished()) session_.abort(http::Outcome::client_left, monotonic_now());
    return {.decisions = std::move(seen_.notes).take(),
            .head = std::move(head),
            .depends_on_content = depends_on_content};
  }

 private:
  // http::Services
  [[nodiscard]] WallTime date() const override { return date_; }
  [[nodiscard]] std::string_view date_field() const override { return date_field_; }
  [[nodiscard]] bool ends_connections() const override { return false; }
  [[nodiscard]] bool is_stopping() const override { return false; }
  [[nodiscard]] bool wants_log_fields() const override { return true; }
  void content_sent(ConnectionId, const std::optional<Endpoint>&, std::uint64_t, Instant) override {}
  void exchange_ended(ConnectionId, const http::ExchangeSummary& summary, Instant) override {
    if (!summary.log_fields.detail.empty()) seen_.notes.add("reason", summary.log_fields.detail);
    for (const std::string* text : {&summary.log_fields.handler.violation, &summary.log_fields.handler.cause})
      if (!text->empty()) seen_.notes.add("log", *text);
  }
  [[nodiscard]] Result<std::size_t> read_file(int, std::uint64_t, std::span<std::byte>) override {
    return std::size_t{0};
  }
  void limit_exceeded(ConnectionId, std::string_view) override {}

  /// Whether nothing but the content of the request is waited for.
  [[nodiscard]] bool awaits_content() const { return session_.wants_input() && !session_.awaits_reply(); }

  void receive(const std::string& bytes) {
    session_.begin_round();
    session_.received(as_bytes(bytes), monotonic_now());
    send();
  }

  void wait() {
    auto messages = mailbox_.take(session_.deadline());
    const Instant now = monotonic_now();
    if (messages.empty()) session_.expire(now);
    for (auto& [exchange, answer] : messages) {
      if (answer)
        static_cast<void>(session_.resolve(exchange, *std::move(answer), now));
      else
        session_.resume(exchange, now);
    }
    send();
  }

  void send() {
    while (final_head(sent_).empty()) {
      const Instant now = monotonic_now();
      const http::Outgoing out = session_.next(now);
      if (out.bytes.empty()) return;
      std::uint64_t count = 0;
      for (const Bytes piece : out.bytes) {
        sent_ += as_text(piece);
        count += piece.size();
      }
      session_.sent(count, now);
    }
  }

  const Question& question_;
  const WallTime date_;
  const std::string date_field_;
  Observations seen_;
  Mailbox mailbox_;
  http::http1::Session::Context context_;
  http::http1::Session session_;
  std::string sent_;
};

}  // namespace

Explanation explain(const Question& question, const std::shared_ptr<const http::Handler>& handler,
                    const http::SessionSettings& settings) {
  return Conversation(question, handler, settings).explanation();
}

}  // namespace bobbin::explain
