#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/endpoint.h"
#include "http/handler.h"
#include "http/http1/content_decoder.h"
#include "http/http1/head_parser.h"
#include "http/http1/pace.h"
#include "http/http1/response_cache.h"
#include "http/http1/response_writer.h"
#include "http/http1/workspace.h"
#include "http/session.h"

namespace bobbin::http::http1 {

/// The same for every connection of a server; outlives all of them.
struct SessionSettings {
  HeadLimits head;
  std::uint64_t maximum_content_bytes = 1 << 20;
  unsigned maximum_requests = 100;       ///< on one connection; 0: no limit
  Duration keep_alive = seconds(30);     ///< between requests
  Duration head_timeout = seconds(10);   ///< absolute, from the head's first byte
  PaceSettings pace;                     ///< for content, in both directions
  Duration reply_timeout = seconds(30);  ///< for a Pending reply
  Duration linger = seconds(2);          ///< reading on after the last answer, so that no reset destroys it
  std::string server_name = "Multi-threaded HTTP Server";  ///< Server field and error pages; empty: none
  std::string added_fields;  ///< the operator's, for every answer that is no error: "Name: value\r\n" each
};

/// HTTP/1.1 for one connection (RFC 9112). States and what leads from one to the next: see ARCHITECTURE.md.
class Session final : public http::Session {
 public:
  /// What the sessions of one worker share.
  struct Services {
    const SessionSettings& settings;
    const Handler& handler;
    SessionHost& host;
    ReplySink& replies;
    ResponseCache memory;
    Workspaces workspaces = {};
    ResponseBack back{settings.server_name, std::chrono::duration_cast<seconds>(settings.keep_alive),
                      settings.maximum_requests > 0};
  };
  /// `services` outlive the session.
  Session(Services& services, ConnectionId id, const Endpoint& local, Instant now);

  [[nodiscard]] bool wants_input() const override;
  [[nodiscard]] bool awaits_reply() const override { return std::holds_alternative<Awaiting>(state_); }
  void received(Bytes input, Instant now) override;
  [[nodiscard]] Outgoing next() override;
  void sent(std::uint64_t count, Instant now) override;
  void output_waits(Instant now) override;
  void output_goes_on(Instant now) override;
  void closed_writing(Instant now) override;
  void rest() override;
  [[nodiscard]] bool resolve(ExchangeId exchange, Response response, Instant now) override;
  [[nodiscard]] Instant deadline() const override;
  void expire(Instant now) override;
  void shut_down() override;
  void abort(Instant now) override;
  void cut_short(const std::string& reason, Instant now) override;
  [[nodiscard]] bool finished() const override { return std::holds_alternative<Done>(state_); }
  [[nodiscard]] bool is_idle() const override;
  [[nodiscard]] bool is_lingering() const override { return std::holds_alternative<Lingering>(state_); }
  [[nodiscard]] Instant idle_since() const override;
  [[nodiscard]] bool timed_out() const override { return timed_out_; }
  [[nodiscard]] unsigned requests() const override { return requests_; }
  [[nodiscard]] std::string_view state_name() const override;
  [[nodiscard]] ConnectionId id() const { return id_; }
  [[nodiscard]] ResponseCache& memory() { return shared_.memory; }

 private:
  /// What must be remembered of a request once its head is gone.
  struct RequestSummary {
    Method method = Method::unknown;
    bool persists = false;
    ErrorForm error_form = ErrorForm::page;
    Instant started;
    std::shared_ptr<LogFields> texts;
  };

  struct Idle {
    Instant since;
  };
  struct Head {
    Instant deadline;
    HeadProgress progress = {};
  };
  struct Receiving {
    std::unique_ptr<Exchange> exchange;
    ContentDecoder decoder;
    Pace pace;
    RequestSummary asked;
  };
  struct Awaiting {
    Instant deadline;
    std::unique_ptr<RequestSummary> asked;
  };
  struct Sending {
    enum class Then : std::uint8_t { next_request, close, linger };
    Then then;
  };
  struct Lingering {
    Instant deadline;
  };
  struct Done {};
  // What is large is apart: an idle session must not be.
  using State = std::variant<Idle, Head, std::unique_ptr<Receiving>, Awaiting, Sending, Lingering, Done>;

  // Take what they can from the front of `input`; false when they must wait: for more, or for the output to
  // drain.
  void process(Bytes input, Instant now);
  bool advance(Bytes& input, Instant now);
  bool answer_from_cache(Bytes& input, Instant now);
  bool read_head(Head& head, Bytes& input, Instant now);
  bool read_content(std::unique_ptr<Receiving> receiving, Bytes& input, Instant now);

  void begin(const RequestHead& head, Bytes head_bytes, bool content_has_arrived, Instant now);
  void complete(std::unique_ptr<Receiving> receiving, Instant now);
  void refuse(Refusal refusal, RequestSummary asked, Instant now);
  void refuse_head(Refusal refusal, Bytes input, Instant now);
  void answer(Response response, RequestSummary asked, bool content_is_read, Instant now);
  void answer_cached(const CachedResponse& answer, Instant now);
  void remember(Bytes head_bytes, const RequestSummary& asked, const Response& response);
  void render(Response& response, ErrorForm form) const;
  void append_back(std::string& out, bool keeps_connection) const;
  /// An answer is queued in three steps: between them come its head and its content.
  [[nodiscard]] ExchangeSummary& begin_answer(Instant started, bool keeps_connection, Instant now);
  void begin_content();
  void end_answer(bool keeps_connection, bool client_is_done);
  void input_ended(Instant now);
  void output_drained(Instant now);
  void report_sent(Instant now);
  [[nodiscard]] Workspace& workspace();
  [[nodiscard]] bool has_input() const { return workspace_ != nullptr && !workspace_->input.empty(); }
  [[nodiscard]] bool has_output() const { return workspace_ != nullptr && !workspace_->output.empty(); }
  [[nodiscard]] Bytes buffered_input() const {
    return workspace_ != nullptr ? as_bytes(workspace_->input) : Bytes{};
  }

  [[nodiscard]] RequestSummary summary_of(const RequestHead& head, Instant now) const;
  [[nodiscard]] bool keeps_connection(bool asks_to_persist) const;
  [[nodiscard]] bool has_requests_left() const;
  [[nodiscard]] bool may_pipeline() const;

  Services& shared_;
  std::unique_ptr<Workspace> workspace_;  // null while there is nothing in it
  State state_;
  ConnectionId id_;
  Endpoint local_;
  unsigned requests_ = 0;
  bool input_ended_ = false;
  bool shutting_down_ = false;
  bool timed_out_ = false;
};

}  // namespace bobbin::http::http1
