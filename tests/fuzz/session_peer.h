#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "http/http1/session.h"
#include "http/http1/session_driver.h"

namespace bobbin::fuzz {

/// Answers in every shape that a response can have, chosen by the target; all others go to the handler of the
/// unit tests.
class ShapesHandler final : public http::Handler {
 public:
  /// `refuses_content`: POST `/refuse` is answered from the first piece of its content.
  ShapesHandler(std::vector<std::string>& events, bool refuses_content)
      : recording_(events), refuses_content_(refuses_content) {
    recording_.decides = true;
  }
  /// Whether it knows what becomes of `/undecided` and of what is beneath it.
  void set_decides(bool decides) { recording_.decides = decides; }
  [[nodiscard]] http::Begin begin(const http::Request& request) const override;

 private:
  http::RecordingHandler recording_;
  bool refuses_content_;
};

/// A session, its services, and a peer whose every move somebody else chooses. After each move it checks
/// what must hold at any time.
class SessionPeer final : public http::Services, public http::ReplySink {
 public:
  struct Services {
    http::SessionSettings settings;
    bool crowded = false;
    bool stopping = false;
    bool refuses_content = false;
  };
  explicit SessionPeer(Services services);

  /// The peer's moves: these bytes are in the socket; it sends no more.
  void arrive(std::string_view bytes) { unread_ += bytes; }
  void end() { ended_ = true; }

  // The worker's moves; false when there is nothing of the kind to do.
  bool read(std::size_t maximum_bytes);
  bool write(std::size_t maximum_bytes, std::size_t maximum_pieces);
  /// What becomes of an undecided request has been found out, or is to be asked again, see ShapesHandler.
  void find_out(bool decides);
  /// A source that said Wait can go on.
  bool resume();
  bool resolve(http::Response response);
  void resolve_stale();
  void pass(Duration duration);
  void shut_down();
  void abort();

  /// Makes every move that is left, until there is none.
  void settle();

  [[nodiscard]] bool finished() const { return session_.finished(); }
  [[nodiscard]] Duration until_deadline() const { return session_.deadline() - now_; }
  [[nodiscard]] const std::string& output() const { return output_; }
  [[nodiscard]] const std::vector<std::string>& events() const { return events_; }
  [[nodiscard]] const std::vector<http::ExchangeSummary>& summaries() const { return summaries_; }
  [[nodiscard]] unsigned requests() const { return session_.requests(); }
  /// Whether the last answer may have been cut short.
  [[nodiscard]] bool was_cut_short() const {
    return aborted_ || session_.timed_out() ||
           std::any_of(summaries_.begin(), summaries_.end(), [](const http::ExchangeSummary& each) {
             return each.outcome != http::Outcome::completed;
           });
  }

 private:
  // http::Services
  WallTime date() const override { return WallTime(std::chrono::seconds(784111777)); }
  std::string_view date_field() const override { return "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"; }
  bool ends_connections() const override { return services_.crowded; }
  bool is_stopping() const override { return services_.stopping; }
  bool wants_log_fields() const override { return true; }
  Result<std::size_t> read_file(int, std::uint64_t, std::span<std::byte>) override { return std::size_t{0}; }
  void limit_exceeded(ConnectionId, std::string_view) override {}
  void content_sent(ConnectionId, const std::optional<Endpoint>&, std::uint64_t bytes, Instant) override {
    ASSERT(bytes >= kToldBytes);
    told_bytes_ += bytes;
  }
  void exchange_ended(ConnectionId, const http::ExchangeSummary& summary, Instant) override {
    ASSERT(summary.ordinal == summaries_.size() + 1);
    ASSERT(summary.told_bytes == std::exchange(told_bytes_, 0) &&
           summary.told_bytes <= summary.content_bytes);
    summaries_.push_back(summary);
  }
  // http::ReplySink
  void deliver(ConnectionId, ExchangeId, http::Response) override {}
  void resume(ConnectionId, ExchangeId) override {}

  void check();

  Services services_;
  std::vector<std::string> events_;
  Instant now_{seconds(1'000'000)};
  Endpoint local_;
  std::shared_ptr<ShapesHandler> handler_;
  http::http1::Session::Context context_;
  http::http1::Session session_;
  std::string unread_;
  bool ended_ = false;
  bool end_was_read_ = false;
  bool aborted_ = false;
  std::string output_;
  std::uint64_t told_bytes_ = 0;  // of the answer that is leaving
  std::vector<http::ExchangeSummary> summaries_;
};

}  // namespace bobbin::fuzz
