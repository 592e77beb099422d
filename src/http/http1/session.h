#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "http/handler.h"
#include "http/http1/head_parser.h"
#include "http/http1/request_reader.h"
#include "http/http1/response_writer.h"
#include "http/http1/workspace.h"
#include "http/owned_request.h"
#include "http/pace.h"
#include "http/response_head.h"
#include "http/session.h"
#include "http/session_context.h"
#include "http/unanswered_request.h"

namespace bobbin::http::http1 {

/// HTTP/1.1 for one connection (RFC 9112). It is two machines side by side: a RequestReader finds requests in
/// the bytes that arrive, and a ResponseQueue holds the responses until they have left. Between them there is
/// at most one exchange, whose content is being received or whose response is awaited. ARCHITECTURE.md lists
/// the states.
class Session final : public http::Session {
 public:
  /// What the sessions of one worker share.
  struct Context : SessionContext {
    Workspaces workspaces = {};
    ResponseBack back{settings.server_name, std::chrono::duration_cast<seconds>(settings.keep_alive),
                      settings.maximum_requests > 0};
  };
  /// `context`; `client`, which says whom the connection is from and is final once something has been
  /// received; `local`, the address where the connection arrived; and `listener` outlive the session.
  Session(Context& context, ConnectionId id, const Endpoint& client, const Endpoint& local, Instant now,
          const ListenerRules& listener = kPlainListener);

  [[nodiscard]] ConnectionId id() const override { return id_; }
  [[nodiscard]] const ListenerRules& listener() const override { return *listener_; }
  [[nodiscard]] bool wants_input() const override;
  void begin_round() override;
  void received(Bytes input, Instant now) override;
  void refuse_input(const Refusal& refusal, Bytes input, Instant now) override;
  [[nodiscard]] Outgoing next(Instant now) override;
  void sent(std::uint64_t count, Instant now) override;
  void unacknowledged(std::uint64_t bytes, Instant now) override;
  void closed_writing(Instant now) override;
  void rest() override;
  void resume(ExchangeId exchange, Instant now) override;
  [[nodiscard]] bool resolve(ExchangeId exchange, Response response, Instant now) override;
  [[nodiscard]] bool awaits_reply() const override;
  [[nodiscard]] Instant deadline() const override;
  void expire(Instant now) override;
  void shut_down() override;
  void abort(Outcome reason, Instant now) override;
  void cut_short(const std::string& cause, Instant now) override;
  [[nodiscard]] bool finished() const override { return phase_ >= Phase::done; }
  [[nodiscard]] bool must_reset() const override { return must_reset_; }
  [[nodiscard]] bool is_idle() const override;
  [[nodiscard]] bool is_lingering() const override { return phase_ == Phase::lingering; }
  [[nodiscard]] Instant idle_since() const override { return reader_.idle_since(); }
  [[nodiscard]] bool timed_out() const override { return timed_out_; }
  [[nodiscard]] unsigned requests() const override { return requests_; }
  [[nodiscard]] Bytes input_of_http2() const override {
    return phase_ == Phase::left_to_http2 ? buffered_input() : Bytes{};
  }
  [[nodiscard]] std::string_view state_name() const override;

 private:
  /// An exchange that takes longer than the reading of its head.
  struct Current {
    std::shared_ptr<const Handler> handler;  // outlives receiver and pending
    UnansweredRequest request;
    bool content_is_read = true;         // whether the next request follows on the connection
    std::unique_ptr<Exchange> receiver;  // set while content is being received
    std::optional<Pending> pending;      // set while the response is awaited
    /// Set besides `pending` while the handler must be asked again.
    std::unique_ptr<OwnedRequest> undecided = nullptr;
    Instant reply_deadline = kNever;
  };
  enum class Phase : std::uint8_t {
    open,
    closing,    // the last response is in the queue, and nothing more is read
    lingering,  // the last response has left; what arrives is discarded for a while
    done,
    left_to_http2,  // the client has begun with the preface of HTTP/2, which stays in the input
  };

  // Reading (session.cpp). `process` uses what it can of the input and returns the rest, which must be kept.
  // The others take what they can from the front of `input`, and return false when they must wait.
  [[nodiscard]] Bytes process(Bytes input, Instant now);
  bool advance(Bytes& input, Instant now);
  bool read_head(Bytes& input, Instant now);
  [[nodiscard]] bool is_preface_of_http2(std::string_view input) const;
  bool read_content(Bytes& input, Instant now);
  /// Does what the receiver says: goes on, pauses, or answers. True: it has answered.
  bool heed(Intake intake, bool more_has_arrived, Instant now);
  void input_ended(Instant now);
  void process_buffered(Instant now);  // may be called only while has_input()

  // One exchange (exchange.cpp).
  void begin(RequestHead& head, Bytes rest, Instant now);
  void decide(const Request& request, bool more_has_arrived, Instant started, Instant now);
  void decide_again(Instant now);
  /// A reply is being waited for, or a decision.
  [[nodiscard]] bool waits_for_handler() const;
  void receive(const RequestHead& head, std::unique_ptr<Exchange> receiver, std::uint64_t limit_bytes,
               bool content_has_arrived, UnansweredRequest request, Instant now);
  void complete(bool more_has_arrived, Instant now);
  void await(Pending pending, Instant now);
  void send_interim(const Response& response);
  void cancel_exchange();
  void refuse_head(Refusal refusal, Bytes input, Instant now);
  void refuse(Refusal refusal, UnansweredRequest request, Instant now);
  void refuse_current(Refusal refusal, Instant now);
  struct Reading {
    bool content_is_read = true;    // whether the next request begins behind what has been read
    bool more_has_arrived = false;  // whether its first bytes have arrived
  };
  void answer(Response response, UnansweredRequest request, Reading reading, Instant now);
  void answer_prepared(const PreparedResponse& prepared, const Request& request, Reading reading,
                       Instant started, Instant now);
  void add_content(Content& content, const Framing& framing);
  void append_back(std::string& out, bool keeps_connection, std::string_view request_id) const;
  [[nodiscard]] ExchangeSummary& begin_answer(bool keeps_connection, const std::optional<Endpoint>& client,
                                              Instant started, Instant now);
  void end_answer(bool keeps_connection, bool client_is_done, Instant now);
  [[nodiscard]] ConnectionOrigin origin() const { return {client_, local_, *listener_}; }
  [[nodiscard]] bool keeps_connection(bool asks_to_persist, const Reading& reading) const;
  [[nodiscard]] bool may_pipeline() const;

  // Writing and ending (session.cpp).
  void report_completed(Instant now);
  void report_progress(Instant now);
  void output_drained(Instant now);
  void report_unfinished(Outcome reason, Instant now);
  void wait_for_request(Instant now);
  [[nodiscard]] Workspace& workspace();
  [[nodiscard]] bool has_input() const { return workspace_ != nullptr && !workspace_->input.empty(); }
  [[nodiscard]] bool has_output() const { return workspace_ != nullptr && !workspace_->responses.empty(); }
  [[nodiscard]] Bytes buffered_input() const {
    return workspace_ != nullptr ? workspace_->input.bytes() : Bytes{};
  }

  Context& context_;
  std::unique_ptr<Workspace> workspace_;  // null while the session needs none
  std::unique_ptr<Current> current_;      // null between exchanges
  RequestReader reader_;
  const Endpoint& client_;
  const Endpoint& local_;
  const ListenerRules* listener_;
  ConnectionId id_;
  unsigned requests_ = 0;
  Phase phase_ = Phase::open;
  bool lingers_ : 1 = false;  // whether the session reads on after the last response
  bool input_ended_ : 1 = false;
  bool shutting_down_ : 1 = false;
  bool timed_out_ : 1 = false;
  bool must_reset_ : 1 = false;
};

}  // namespace bobbin::http::http1
