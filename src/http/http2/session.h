#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/endpoint.h"
#include "http/handler.h"
#include "http/http2/frame_scanner.h"
#include "http/http2/framing_memory.h"
#include "http/http2/head_builder.h"
#include "http/http2/limits.h"
#include "http/http2/output_buffer.h"
#include "http/http2/recent_resets.h"
#include "http/http2/stream.h"
#include "http/pace.h"
#include "http/session.h"
#include "http/session_context.h"
#include "http/unanswered_request.h"

struct nghttp2_session;  // nghttp2.h is for the source files of this folder alone

namespace bobbin::http::http2 {

struct FieldList;

/// HTTP/2 for one connection (RFC 9113). nghttp2 is the framing: it reads and writes frames, compresses
/// fields, keeps the windows and the priorities of streams. This session decides what they mean: each stream
/// is an exchange with the same handlers, receivers and sources as in HTTP/1, and many are under way at once.
///
/// Flow control is how Wait reaches the client. Content is counted as consumed only when its receiver has
/// taken it, so a receiver that waits closes the window of its stream, and no other. A source is pulled only
/// when the windows let its bytes go, and frames are made only while the output has room.
///
/// README.md lists the states and the limits.
class Session final : public http::Session {
 public:
  /// What the sessions of one worker share.
  struct Context {
    SessionContext& common;
    Streams streams = {};
    FramingMemory memory = {};
    std::vector<std::unique_ptr<OutputBuffer>> outputs = {};  ///< that no session needs now
    std::string front = {};                                   ///< of the response that is being made
    std::vector<FieldLine> lines = {};                        ///< of `front`
  };
  /// `context`, `client` and `local`, which are the ends of the connection, and `listener` outlive the
  /// session.
  Session(Context& context, ConnectionId id, const Endpoint& client, const Endpoint& local, Instant now,
          const ListenerRules& listener = kPlainListener);
  ~Session() override;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] ConnectionId id() const override { return id_; }
  [[nodiscard]] const ListenerRules& listener() const override { return listener_; }
  [[nodiscard]] bool wants_input() const override;
  void begin_round() override { ++context_.common.round; }
  void received(Bytes input, Instant now) override;
  void refuse_input(const Refusal& refusal, Bytes input, Instant now) override;
  [[nodiscard]] Outgoing next(Instant now) override;
  void sent(std::uint64_t count, Instant now) override;
  void unacknowledged(std::uint64_t bytes, Instant now) override;
  void closed_writing(Instant now) override;
  void rest() override;
  void resume(ExchangeId exchange, Instant now) override;
  [[nodiscard]] bool resolve(ExchangeId exchange, Response response, Instant now) override;
  [[nodiscard]] bool awaits_reply() const override { return awaited_ > 0; }
  [[nodiscard]] Instant deadline() const override;
  void expire(Instant now) override;
  void shut_down() override;
  void abort(Outcome reason, Instant now) override;
  void cut_short(const std::string& cause, Instant now) override;
  [[nodiscard]] bool finished() const override { return phase_ == Phase::done; }
  [[nodiscard]] bool must_reset() const override { return false; }
  [[nodiscard]] bool is_idle() const override;
  [[nodiscard]] bool is_lingering() const override { return phase_ == Phase::lingering; }
  [[nodiscard]] Instant idle_since() const override { return idle_since_; }
  [[nodiscard]] bool timed_out() const override { return timed_out_; }
  [[nodiscard]] unsigned requests() const override { return requests_; }
  [[nodiscard]] std::string_view state_name() const override;

 private:
  enum class Phase : std::uint8_t {
    open,
    leaving,    // the client has been told that the connection ends, and that it may finish what it has begun
    last,       // the client has been told which stream was the last
    closing,    // no stream is left; what is in the output still leaves
    lingering,  // everything has left; what arrives is discarded for a while
    done,
  };
  /// A frame in the output that concerns an exchange.
  struct FrameMark {
    Stream* stream;
    std::uint64_t end;  // its position in the stream of bytes
    std::uint32_t content_bytes;
    bool is_last;
  };
  /// What nghttp2 calls. `Callbacks` is its table of functions, all of which come here (framing.cpp).
  struct Callbacks;
  friend struct Callbacks;
  struct FreeFraming {
    void operator()(nghttp2_session* framing) const;
  };

  enum class Reset : std::uint8_t {
    not_needed,  // the answer is complete, and the rest of the request is not wanted
    given_up,    // the exchange has ended early
  };

  // The framing (framing.cpp): what it is asked for.
  void begin_framing();
  void feed_framing(Bytes input);
  void give_to_framing(Bytes input);
  void fill_output();
  void rethrow();
  [[nodiscard]] bool framing_has_ended() const;
  [[nodiscard]] bool framing_wants_to_write() const;
  [[nodiscard]] std::size_t queued_frames() const;
  [[nodiscard]] Stream* find(std::int32_t id) const;
  void set_stream(std::int32_t id, Stream* stream);
  void submit_answer(const Stream& stream, const FieldList& fields, bool has_content);
  void submit_interim(const Stream& stream, const FieldList& fields);
  void resume_content(const Stream& stream);
  void reset_stream(const Stream& stream, Reset reason);
  void consume(const Stream& stream, std::size_t bytes);
  void consume_of_connection(std::size_t bytes);
  void consume_of_stream(const Stream& stream, std::size_t bytes);
  void widen_window(const Stream& stream);
  [[nodiscard]] bool window_is_open(const Stream& stream) const;
  void announce_end();
  void submit_last_stream();
  void end_framing(std::uint32_t error_code);

  // What the framing tells.
  void frame_begins(std::uint8_t type, std::int32_t id, bool acknowledges);
  void frame_is_invalid(std::int32_t id);
  void check_stream_is_open(bool is_head, std::int32_t id);
  void head_begins(bool is_trailer);
  [[nodiscard]] bool add_field(std::string_view name, std::string_view value);
  void head_ends(std::int32_t id, bool ends_stream);
  void trailer_ends(std::int32_t id, bool ends_stream);
  void content_arrived(std::int32_t id, Bytes content);
  void content_frame_ends(std::int32_t id, std::size_t content_bytes, bool ends_stream);
  void ping_arrived(bool acknowledges);
  void stream_reset();
  void reset_sent(std::int32_t id, bool is_fault_of_client);
  void stream_closed(std::int32_t id);
  void source_waits(Stream& stream);
  void answer_frame_made(std::int32_t id, std::uint32_t content_bytes, bool is_last);

  // One exchange (exchange.cpp).
  void begin(Stream& stream);
  void decide(Stream& stream, const Request& request);
  void decide_again(Stream& stream);
  void receive(Stream& stream, const RequestHead& head, std::unique_ptr<Exchange> receiver);
  void take_held(Stream& stream);
  void drop_held(Stream& stream);
  void drop(Stream& stream, std::size_t bytes);
  void begin_to_discard(Stream& stream);
  void give(Stream& stream, Bytes content);
  void heed(Stream& stream, Intake intake, std::size_t content_bytes);
  void go_on_receiving(Stream& stream);
  void request_ends(std::int32_t id);
  void complete(Stream& stream);
  void stop_receiving(Stream& stream);
  void await(Stream& stream, Pending pending);
  void stop_awaiting(Stream& stream);
  void refuse(Stream& stream, const Refusal& refusal);
  void refuse_slow(Stream& stream);
  void answer(Stream& stream, Response response);
  void answer_prepared(Stream& stream, const PreparedResponse& prepared, const Request& request);
  void submit(Stream& stream, FieldList& fields, bool has_content);
  void send_interim(const Stream& stream, const Response& response);
  void stop_answering(Stream& stream);
  void fail_content(Stream& stream);
  void give_up(Stream& stream, Outcome reason);
  void end_unfinished(Stream& stream, Outcome reason);
  [[nodiscard]] ConnectionOrigin origin() const { return {client_, local_, listener_}; }
  [[nodiscard]] ExchangeAddress address_of(const Stream& stream) const;

  // The connection (session.cpp).
  void input_ended();
  [[nodiscard]] Stream& add_stream(std::int32_t id);
  void remove_if_over(Stream& stream);
  [[nodiscard]] bool has_served_enough() const;
  void report(Stream& stream);
  void report_progress(ExchangeSummary& summary);
  void end_all(Outcome reason);
  void end_what_is_unfinished();
  void begin_idling();
  void take_output();
  void take_note_of_sent();
  void begin_to_leave();
  void leave();
  void name_last_stream();
  void count(Limit limit, const Rate& rate);
  void end_connection_after(Limit limit);
  void end_connection_for(std::uint32_t error_code);
  void settle();
  void settle_paces();
  [[nodiscard]] Instant next_look() const;
  [[nodiscard]] Instant deadline_of(const Stream& stream) const;
  [[nodiscard]] Instant deadline_of_client() const;
  void expire_sending();
  void expire_reading();
  void expire_stream(Stream& stream);
  void stop_discarding(Stream& stream);
  [[nodiscard]] bool has_output() const { return output_ != nullptr && !output_->empty(); }
  [[nodiscard]] const SessionSettings& settings() const { return context_.common.settings; }

  Context& context_;
  const Endpoint& client_;
  const Endpoint& local_;
  const ListenerRules& listener_;
  ConnectionId id_;
  std::unique_ptr<nghttp2_session, FreeFraming> framing_;
  std::vector<std::unique_ptr<Stream>> streams_;
  HeadBuilder head_;  // there is one at a time on a connection (RFC 9113 §4.3)
  Instant now_;       // of the call that is under way

  std::unique_ptr<OutputBuffer> output_;  // null while there is nothing to send
  Bytes piece_;                           // that next() offers
  std::vector<FrameMark> marks_;          // in the order of their ends
  std::size_t first_mark_ = 0;            // those before it have left
  std::uint64_t made_bytes_ = 0;          // that were ever put into the output
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t acknowledged_bytes_ = 0;
  std::optional<Pace> sending_;    // set while the client has something to take
  std::optional<Pace> receiving_;  // set while content is being received
  Instant looked_at_;              // when it was last asked what has been acknowledged

  // How many streams do each of these.
  unsigned awaited_ = 0;            // their answer is pending
  unsigned answering_ = 0;          // their answer has not been made into frames whole
  unsigned waiting_sources_ = 0;    // of these, those whose source has said Wait
  unsigned receivers_ = 0;          // take content
  unsigned waiting_receivers_ = 0;  // of these, those that have said Wait

  std::array<Allowance, kLimits> allowances_{};
  FrameScanner scanner_;
  RecentResets resets_;
  std::int32_t last_stream_ = 0;          // the highest that the client has begun
  unsigned continuations_ = 0;            // of the head that arrives
  std::optional<Instant> head_deadline_;  // set while a head arrives
  Instant idle_since_;
  Instant idle_until_;
  Instant phase_until_ = kNever;  // of leaving, and of lingering
  unsigned requests_ = 0;
  Phase phase_ = Phase::open;
  std::exception_ptr thrown_;  // by a handler, within a call of nghttp2
  bool input_ended_ = false;
  bool discards_input_ = false;
  bool timed_out_ = false;
};

}  // namespace bobbin::http::http2
