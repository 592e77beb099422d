// The part of a session that speaks with nghttp2: what it calls, and what it is asked for.
#include <memory>
#include <nghttp2/nghttp2.h>

#include "base/assert.h"
#include "http/http2/field_list.h"
#include "http/http2/session.h"

namespace bobbin::http::http2 {
namespace {

// The largest frame that is made, with its head: RFC 9113 §4.2's default. nghttp2 gives no more at a time.
constexpr std::size_t kFrameHeadBytes = 9;
constexpr std::size_t kLargestFrameBytes = 16 * 1024 + kFrameHeadBytes + 1;

// What nghttp2 may queue by itself in answer to the client's frames. Our own limits come first.
constexpr std::size_t kQueuedAcknowledgements = 10'000;
constexpr std::size_t kSettingsOfAFrame = 32;

std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

using Options = std::unique_ptr<nghttp2_option, decltype(&nghttp2_option_del)>;
using CallbackTable = std::unique_ptr<nghttp2_session_callbacks, decltype(&nghttp2_session_callbacks_del)>;

/// nghttp2 copies it.
nghttp2_mem memory_from(FramingMemory& memory) {
  return {
      .mem_user_data = &memory,
      .malloc = [](std::size_t size,
                   void* from) { return static_cast<FramingMemory*>(from)->allocate(size); },
      .free = [](void* block, void* from) { static_cast<FramingMemory*>(from)->release(block); },
      .calloc = [](std::size_t count, std::size_t size,
                   void* from) { return static_cast<FramingMemory*>(from)->allocate_zeroed(count, size); },
      .realloc = [](void* block, std::size_t size,
                    void* from) { return static_cast<FramingMemory*>(from)->resize(block, size); }};
}

Options make_options() {
  nghttp2_option* made = nullptr;
  ASSERT(nghttp2_option_new(&made) == 0);
  Options options(made, nghttp2_option_del);
  nghttp2_option_set_no_auto_window_update(made, 1);  // content is consumed when its receiver has taken it
  nghttp2_option_set_max_deflate_dynamic_table_size(made, kCompressionTableBytes);
  nghttp2_option_set_max_outbound_ack(made, kQueuedAcknowledgements);
  nghttp2_option_set_max_settings(made, kSettingsOfAFrame);
  nghttp2_option_set_max_continuations(made, kMaximumContinuations);
  // Ours counts also the streams that had to be reset for the client's faults.
  nghttp2_option_set_stream_reset_rate_limit(made, std::uint64_t{kResets.burst} * 16,
                                             kResets.per_second * 16);
  nghttp2_option_set_builtin_recv_extension_type(made, NGHTTP2_PRIORITY_UPDATE);  // RFC 9218 §7.1
  return options;
}

bool is_fault_of_client(std::uint32_t error_code) {
  switch (error_code) {
    case NGHTTP2_PROTOCOL_ERROR:
    case NGHTTP2_FLOW_CONTROL_ERROR:
    case NGHTTP2_STREAM_CLOSED:
    case NGHTTP2_FRAME_SIZE_ERROR:
    case NGHTTP2_REFUSED_STREAM: return true;
    default: return false;
  }
}

}  // namespace

/// Every function only says in our words what has happened. None may throw through nghttp2, which is C: a
/// failure of a handler is kept by `guarded` and thrown again behind it.
struct Session::Callbacks {
  static Session& of(void* session) { return *static_cast<Session*>(session); }

  /// `failed`: what nghttp2 is told when `action` has thrown.
  template <typename Action>
  static int guarded(void* session, Action action) {
    Session& self = of(session);
    if (self.thrown_ != nullptr) return NGHTTP2_ERR_CALLBACK_FAILURE;
    try {
      return action(self);
    } catch (...) {
      self.thrown_ = std::current_exception();
      return NGHTTP2_ERR_CALLBACK_FAILURE;
    }
  }

  static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* session) {
    const bool acknowledges = (head->type == NGHTTP2_PING || head->type == NGHTTP2_SETTINGS) &&
                              (head->flags & NGHTTP2_FLAG_ACK) != 0;
    of(session).frame_begins(head->type, head->stream_id, acknowledges);
    return 0;
  }

  static int invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int, void* session) {
    of(session).frame_is_invalid(frame->hd.stream_id);
    return 0;
  }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* session) {
    of(session).head_begins(frame->headers.cat != NGHTTP2_HCAT_REQUEST);
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* session) {
    const bool wants_more = of(session).add_field(text_of(name, name_size), text_of(value, value_size));
    return wants_more ? 0 : NGHTTP2_ERR_PAUSE;
  }

  /// RFC 9113 §8.2.1: a request with such a field is malformed. By default nghttp2 would leave the field out.
  static int invalid_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t*, std::size_t,
                            const std::uint8_t*, std::size_t, std::uint8_t, void*) {
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* session) {
    return guarded(session, [frame](Session& self) {
      const std::int32_t id = frame->hd.stream_id;
      const bool ends_stream = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
      switch (frame->hd.type) {
        case NGHTTP2_HEADERS:
          if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
            self.head_ends(id, ends_stream);
          else
            self.trailer_ends(id, ends_stream);
          break;
        case NGHTTP2_DATA:
          self.content_frame_ends(id, frame->hd.length - frame->data.padlen, ends_stream);
          break;
        case NGHTTP2_RST_STREAM: self.stream_reset(); break;
        case NGHTTP2_PING: self.ping_arrived((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0); break;
        default: break;
      }
      return 0;
    });
  }

  static int data_chunk(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                        std::size_t size, void* session) {
    return guarded(session, [=](Session& self) {
      self.content_arrived(id, as_bytes(text_of(data, size)));
      return 0;
    });
  }

  static int stream_close(nghttp2_session*, std::int32_t id, std::uint32_t, void* session) {
    return guarded(session, [id](Session& self) {
      self.stream_closed(id);
      return 0;
    });
  }

  static int frame_send(nghttp2_session*, const nghttp2_frame* frame, void* session) {
    return guarded(session, [frame](Session& self) {
      const bool is_last = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
      if (frame->hd.type == NGHTTP2_DATA)
        self.answer_frame_made(frame->hd.stream_id, static_cast<std::uint32_t>(frame->hd.length), is_last);
      else if (frame->hd.type == NGHTTP2_HEADERS && is_last)
        self.answer_frame_made(frame->hd.stream_id, 0, true);
      else if (frame->hd.type == NGHTTP2_RST_STREAM)
        self.reset_sent(frame->hd.stream_id, is_fault_of_client(frame->rst_stream.error_code));
      return 0;
    });
  }

  /// How much content the next frame of this stream can have; it is copied by send_data.
  static ssize_t read_data(nghttp2_session*, std::int32_t id, std::uint8_t*, std::size_t most,
                           std::uint32_t* flags, nghttp2_data_source*, void* session) {
    ssize_t count = 0;
    const int failed = guarded(session, [&](Session& self) {
      Stream* stream = self.find(id);
      if (stream == nullptr) return static_cast<int>(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE);
      using State = OutgoingContent::State;
      switch (stream->content.look()) {
        case State::waits: self.source_waits(*stream); return static_cast<int>(NGHTTP2_ERR_DEFERRED);
        case State::failed:
          self.fail_content(*stream);
          return static_cast<int>(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE);
        case State::ended: *flags |= NGHTTP2_DATA_FLAG_EOF; return 0;
        case State::ready: break;
      }
      count = static_cast<ssize_t>(std::min<std::uint64_t>(most, stream->content.available()));
      *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
      if (stream->content.ends_after(static_cast<std::uint64_t>(count))) *flags |= NGHTTP2_DATA_FLAG_EOF;
      return 0;
    });
    return failed != 0 ? failed : count;
  }

  static int send_data(nghttp2_session*, nghttp2_frame* frame, const std::uint8_t* frame_head,
                       std::size_t size, nghttp2_data_source*, void* session) {
    return guarded(session, [=](Session& self) {
      OutputBuffer& output = *self.output_;
      if (output.room() < kFrameHeadBytes + size) return static_cast<int>(NGHTTP2_ERR_WOULDBLOCK);
      Stream* stream = self.find(frame->hd.stream_id);
      if (stream == nullptr) return static_cast<int>(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE);
      output.append(as_bytes(text_of(frame_head, kFrameHeadBytes)));
      if (!stream->content.take(output.extend(size), self.context_.common.services)) {
        output.retract(kFrameHeadBytes + size);
        self.fail_content(*stream);
        return static_cast<int>(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE);
      }
      self.made_bytes_ += kFrameHeadBytes + size;
      return 0;
    });
  }

  static CallbackTable make_table() {
    nghttp2_session_callbacks* made = nullptr;
    ASSERT(nghttp2_session_callbacks_new(&made) == 0);
    CallbackTable table(made, nghttp2_session_callbacks_del);
    nghttp2_session_callbacks_set_on_begin_frame_callback(made, begin_frame);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, header);
    nghttp2_session_callbacks_set_on_invalid_header_callback(made, invalid_header);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, invalid_frame);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, data_chunk);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, frame_send);
    nghttp2_session_callbacks_set_send_data_callback(made, send_data);
    return table;
  }
};

void Session::FreeFraming::operator()(nghttp2_session* framing) const { nghttp2_session_del(framing); }

void Session::begin_framing() {
  static const Options options = make_options();
  static const CallbackTable callbacks = Callbacks::make_table();
  nghttp2_session* framing = nullptr;
  nghttp2_mem memory = memory_from(context_.memory);
  ASSERT(nghttp2_session_server_new3(&framing, callbacks.get(), this, options.get(), &memory) == 0);
  framing_.reset(framing);
  const std::array<nghttp2_settings_entry, 3> ours{
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMaximumStreams},
       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(settings().head.head_bytes)},
       {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}}};
  ASSERT(nghttp2_submit_settings(framing, NGHTTP2_FLAG_NONE, ours.data(), ours.size()) == 0);
  ASSERT(nghttp2_session_set_local_window_size(framing, NGHTTP2_FLAG_NONE, 0, kConnectionWindowBytes) == 0);
}

/// Throws what a handler has thrown within a callback.
void Session::rethrow() {
  if (thrown_ != nullptr) std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void Session::feed_framing(Bytes input) {
  while (!input.empty() && !discards_input_) {
    const FrameScanner::Step step = scanner_.next(input);
    give_to_framing(input.first(step.bytes));
    input = input.subspan(step.bytes);
    if (step.data && !discards_input_) check_stream_is_open(false, *step.data);
  }
}

void Session::give_to_framing(Bytes input) {
  const auto used = nghttp2_session_mem_recv(
      framing_.get(), reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  rethrow();
  if (used >= 0) return;
  // What it takes for a flood it has met before we did. Any other failure: this is no HTTP/2.
  if (used == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) return end_connection_after(Limit::continuations);
  if (used == NGHTTP2_ERR_FLOODED) return end_connection_after(Limit::settings);
  end_connection_for(NGHTTP2_PROTOCOL_ERROR);
}

/// Makes frames until there are none, or the output is full.
void Session::fill_output() {
  if (nghttp2_session_want_write(framing_.get()) == 0) return;
  if (output_ == nullptr) take_output();
  while (output_->room() >= kLargestFrameBytes) {
    const std::uint8_t* frame = nullptr;
    const ssize_t size = nghttp2_session_mem_send(framing_.get(), &frame);
    rethrow();
    if (size <= 0) return;
    output_->append(as_bytes(text_of(frame, static_cast<std::size_t>(size))));
    made_bytes_ += static_cast<std::size_t>(size);
  }
}

bool Session::framing_has_ended() const {
  return nghttp2_session_want_read(framing_.get()) == 0 && nghttp2_session_want_write(framing_.get()) == 0;
}
bool Session::framing_wants_to_write() const { return nghttp2_session_want_write(framing_.get()) != 0; }
std::size_t Session::queued_frames() const { return nghttp2_session_get_outbound_queue_size(framing_.get()); }

Stream* Session::find(std::int32_t id) const {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(framing_.get(), id));
}
void Session::set_stream(std::int32_t id, Stream* stream) {
  static_cast<void>(nghttp2_session_set_stream_user_data(framing_.get(), id, stream));
}

void Session::submit_answer(const Stream& stream, const FieldList& fields, bool has_content) {
  nghttp2_data_provider content{};
  content.read_callback = Callbacks::read_data;
  static_cast<void>(nghttp2_submit_response(framing_.get(), stream.id, fields.fields.data(), fields.count,
                                            has_content ? &content : nullptr));
}
void Session::submit_interim(const Stream& stream, const FieldList& fields) {
  static_cast<void>(nghttp2_submit_headers(framing_.get(), NGHTTP2_FLAG_NONE, stream.id, nullptr,
                                           fields.fields.data(), fields.count, nullptr));
}
void Session::resume_content(const Stream& stream) {
  static_cast<void>(nghttp2_session_resume_data(framing_.get(), stream.id));
}
void Session::reset_stream(const Stream& stream, Reset reason) {
  const std::uint32_t code = reason == Reset::not_needed ? NGHTTP2_NO_ERROR : NGHTTP2_CANCEL;
  static_cast<void>(nghttp2_submit_rst_stream(framing_.get(), NGHTTP2_FLAG_NONE, stream.id, code));
}
void Session::consume(const Stream& stream, std::size_t bytes) {
  static_cast<void>(nghttp2_session_consume(framing_.get(), stream.id, bytes));
}
void Session::consume_of_connection(std::size_t bytes) {
  static_cast<void>(nghttp2_session_consume_connection(framing_.get(), bytes));
}
void Session::consume_of_stream(const Stream& stream, std::size_t bytes) {
  static_cast<void>(nghttp2_session_consume_stream(framing_.get(), stream.id, bytes));
}
/// As wide as that of the connection: what is discarded takes no memory.
void Session::widen_window(const Stream& stream) {
  static_cast<void>(nghttp2_session_set_local_window_size(framing_.get(), NGHTTP2_FLAG_NONE, stream.id,
                                                          kConnectionWindowBytes));
}
bool Session::window_is_open(const Stream& stream) const {
  return nghttp2_session_get_stream_remote_window_size(framing_.get(), stream.id) > 0;
}

/// RFC 9113 §6.8: the client is told that the connection ends, then, when it must have heard so, which stream
/// was the last. The PING tells when it has heard.
void Session::announce_end() {
  static_cast<void>(nghttp2_submit_shutdown_notice(framing_.get()));
  static_cast<void>(nghttp2_submit_ping(framing_.get(), NGHTTP2_FLAG_NONE, nullptr));
}
void Session::submit_last_stream() {
  static_cast<void>(nghttp2_submit_goaway(framing_.get(), NGHTTP2_FLAG_NONE,
                                          nghttp2_session_get_last_proc_stream_id(framing_.get()),
                                          NGHTTP2_NO_ERROR, nullptr, 0));
}
void Session::end_framing(std::uint32_t error_code) {
  static_cast<void>(nghttp2_session_terminate_session(framing_.get(), error_code));
}

void Session::frame_begins(std::uint8_t type, std::int32_t id, bool acknowledges) {
  // RFC 9113 §4.3: no other frame comes before a head has ended.
  if (type != NGHTTP2_CONTINUATION) head_deadline_.reset();
  switch (type) {
    case NGHTTP2_HEADERS: return check_stream_is_open(true, id);
    case NGHTTP2_RST_STREAM: return resets_.remove(id);
    case NGHTTP2_CONTINUATION:
      if (++continuations_ > kMaximumContinuations) end_connection_after(Limit::continuations);
      return;
    case NGHTTP2_SETTINGS:
      if (!acknowledges) count(Limit::settings, kSettings);
      return;
    case NGHTTP2_PRIORITY:
      if (id == 0) return end_connection_for(NGHTTP2_PROTOCOL_ERROR);  // RFC 9113 §6.3
      [[fallthrough]];
    case NGHTTP2_PRIORITY_UPDATE: return count(Limit::priorities, kPriorities);
    default: return;
  }
}

/// Its stream is reset, or the connection ends: a head that is malformed is never told of as one.
void Session::frame_is_invalid(std::int32_t id) {
  head_deadline_.reset();
  resets_.add(id);
}

/// RFC 9113 §5.1: nothing may come on a stream that has ended, or that was passed over when a later one was
/// begun. nghttp2 would pass it over in silence. But what comes on a stream that we have reset may have been
/// sent before the client heard of it.
void Session::check_stream_is_open(bool is_head, std::int32_t id) {
  if (is_head && id > last_stream_) {
    last_stream_ = id;
    return;
  }
  const bool is_known = nghttp2_session_get_stream_local_close(framing_.get(), id) != -1;
  if (is_known || id > last_stream_ || id % 2 == 0 || phase_ != Phase::open || resets_.contains(id)) return;
  end_connection_for(is_head ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_STREAM_CLOSED);
}

void Session::end_connection_for(std::uint32_t error_code) {
  discards_input_ = true;
  end_framing(error_code);
}

void Session::end_connection_after(Limit limit) {
  if (discards_input_) return;
  context_.common.services.limit_exceeded(id_, name_of(limit));
  end_connection_for(NGHTTP2_ENHANCE_YOUR_CALM);
}

}  // namespace bobbin::http::http2
