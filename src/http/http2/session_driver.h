#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <nghttp2/nghttp2.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/http2/session.h"
#include "http/session_context.h"
#include "http/test_handler.h"

// For tests: a session with a handler and services that write down what happens, a client that speaks HTTP/2
// with it, and no socket.
namespace bobbin::http::http2 {

using Header = std::pair<std::string, std::string>;

/// The client: nghttp2 from its other side.
class Client {
 public:
  struct Response {
    std::vector<int> interim;  ///< 1xx statuses in front of it
    std::map<std::string, std::string> fields;
    std::string content;
    bool ended = false;            ///< by END_STREAM
    std::int64_t reset_code = -1;  ///< of the RST_STREAM that came; -1: none
    [[nodiscard]] std::string status() const {
      const auto found = fields.find(":status");
      return found == fields.end() ? "none" : found->second;
    }
  };

  /// `window_bytes`: how much content it takes on each stream before it is told to take more.
  explicit Client(std::int32_t window_bytes = 65'535) {
    nghttp2_session_callbacks* table = nullptr;
    nghttp2_session_callbacks_new(&table);
    nghttp2_session_callbacks_set_on_header_callback(table, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(table, on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, on_data);
    nghttp2_option* options = nullptr;
    nghttp2_option_new(&options);
    nghttp2_option_set_no_auto_window_update(options, 1);
    nghttp2_session_client_new2(&session_, table, this, options);
    nghttp2_option_del(options);
    nghttp2_session_callbacks_del(table);
    const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
                                        static_cast<std::uint32_t>(window_bytes)};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1);
  }
  ~Client() { nghttp2_session_del(session_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// A request without content. Returns its stream.
  std::int32_t get(std::string_view path, std::vector<Header> further = {}) {
    return request("GET", path, std::move(further), false);
  }
  /// A request whose content follows by send_content.
  std::int32_t post(std::string_view path, std::vector<Header> further = {}) {
    return request("POST", path, std::move(further), true);
  }
  std::int32_t request(std::string_view method, std::string_view path, std::vector<Header> further,
                       bool has_content) {
    std::vector<Header> fields{{":method", std::string(method)},
                               {":scheme", "http"},
                               {":authority", "a"},
                               {":path", std::string(path)}};
    fields.insert(fields.end(), further.begin(), further.end());
    return request(fields, has_content);
  }
  /// Any fields, in this order.
  std::int32_t request(const std::vector<Header>& fields, bool has_content = false) {
    std::vector<nghttp2_nv> list;
    for (const auto& [name, value] : fields)
      list.push_back({.name = bytes_of(name),
                      .value = bytes_of(value),
                      .namelen = name.size(),
                      .valuelen = value.size(),
                      .flags = NGHTTP2_NV_FLAG_NONE});
    return nghttp2_submit_headers(session_, has_content ? NGHTTP2_FLAG_NONE : NGHTTP2_FLAG_END_STREAM, -1,
                                  nullptr, list.data(), list.size(), nullptr);
  }
  void send_content(std::int32_t stream, std::string content, bool ends = true) {
    unsent_ += take_frames();  // the stream exists only when its head has been made
    auto& queue = contents_[stream];
    queue = {std::move(content), ends};
    nghttp2_data_provider provider{.source = {.ptr = this}, .read_callback = read_content};
    nghttp2_submit_data(session_, static_cast<std::uint8_t>(ends ? NGHTTP2_FLAG_END_STREAM : 0), stream,
                        &provider);
  }
  void send_trailer(std::int32_t stream) {
    std::string name = "x-sum", value = "1";
    nghttp2_nv field{bytes_of(name), bytes_of(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
    nghttp2_submit_trailer(session_, stream, &field, 1);
  }
  void reset(std::int32_t stream) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
  }
  void ping() { nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr); }
  /// May be sent so much more on the stream; on the connection when it is 0.
  void grant(std::int32_t stream, std::int32_t bytes) {
    nghttp2_submit_window_update(session_, NGHTTP2_FLAG_NONE, stream, bytes);
  }

  /// What it has to send now.
  std::string output() { return std::exchange(unsent_, {}) + take_frames(); }

  /// False: what arrived is no HTTP/2.
  bool take(std::string_view bytes) {
    return nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                    bytes.size()) >= 0;
  }

  [[nodiscard]] const Response& response(std::int32_t stream) { return responses_[stream]; }
  /// How much more content may be sent on the stream.
  [[nodiscard]] std::int32_t window(std::int32_t stream) const {
    return nghttp2_session_get_stream_remote_window_size(session_, stream);
  }

  std::vector<std::pair<std::int32_t, std::uint32_t>> farewells;  ///< of each GOAWAY, last stream and code
  std::map<std::int32_t, std::uint32_t> settings;                 ///< of the server

 private:
  struct Sending {
    std::string content;
    bool ends = true;
  };
  std::string take_frames() {
    std::string all;
    const std::uint8_t* bytes = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &bytes)) > 0;)
      all.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    return all;
  }
  static std::uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
  static Client& of(void* self) { return *static_cast<Client*>(self); }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                       void* self) {
    Response& response = of(self).responses_[frame->hd.stream_id];
    response.fields[std::string(reinterpret_cast<const char*>(name), name_size)] =
        std::string(reinterpret_cast<const char*>(value), value_size);
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    Client& client = of(self);
    Response& response = client.responses_[frame->hd.stream_id];
    if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
      response.ended = true;
    if (frame->hd.type == NGHTTP2_HEADERS && response.fields[":status"].starts_with('1')) {
      response.interim.push_back(std::stoi(response.fields[":status"]));
      response.fields.clear();
    }
    if (frame->hd.type == NGHTTP2_RST_STREAM) response.reset_code = frame->rst_stream.error_code;
    if (frame->hd.type == NGHTTP2_GOAWAY)
      client.farewells.emplace_back(frame->goaway.last_stream_id, frame->goaway.error_code);
    if (frame->hd.type == NGHTTP2_SETTINGS)
      for (std::size_t i = 0; i < frame->settings.niv; ++i)
        client.settings[frame->settings.iv[i].settings_id] = frame->settings.iv[i].value;
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                     std::size_t size, void* self) {
    of(self).responses_[stream].content.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static ssize_t read_content(nghttp2_session*, std::int32_t stream, std::uint8_t* into, std::size_t room,
                              std::uint32_t* flags, nghttp2_data_source*, void* self) {
    Sending& sending = of(self).contents_[stream];
    const std::size_t count = std::min(room, sending.content.size());
    std::memcpy(into, sending.content.data(), count);
    sending.content.erase(0, count);
    if (sending.content.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  }

  nghttp2_session* session_ = nullptr;
  std::string unsent_;
  std::map<std::int32_t, Response> responses_;
  std::map<std::int32_t, Sending> contents_;
};

constexpr std::uint32_t kNoError = NGHTTP2_NO_ERROR;

/// A source of so many bytes, of an unknown number without `size`, that takes these steps.
inline std::shared_ptr<SourceScript> script(std::optional<std::uint64_t> size,
                                            std::vector<SourceScript::Step> steps) {
  return std::make_shared<SourceScript>(SourceScript{.size_bytes = size, .steps = std::move(steps)});
}

/// A session and its client. What the session sends reaches the client at once unless `stalled`.
class SessionDriver final : public Services, public ReplySink {
 public:
  explicit SessionDriver(SessionSettings settings = {}, std::int32_t client_window_bytes = 65'535)
      : client(client_window_bytes),
        settings_(std::move(settings)),
        handler_(std::make_shared<RecordingHandler>(events)),
        common_{settings_,
                std::make_shared<FilteredHandler>(default_filters(settings_.server_name), handler_), *this,
                *this},
        context_{.common = common_} {
    session_ = std::make_unique<Session>(context_, ConnectionId{}, client_address_, local_, now);
  }

  /// Whose word about their clients is believed; it outlives the driver.
  void trust(const ProxyTrust& trust) { common_.proxies = &trust; }

  /// Moves bytes in both directions until neither side has any.
  void exchange() {
    bool moved = true;
    while (moved) {
      moved = pump();
      const std::string input = client_is_away ? std::string() : client.output();
      if (input.empty()) continue;
      feed(input);
      moved = true;
    }
    session_->rest();
  }
  /// Bytes that the client did not make.
  void feed(std::string_view bytes) {
    if (!session_->wants_input()) return;
    session_->begin_round();
    session_->received(as_bytes(bytes), now);
  }
  /// Takes what the session has to send. False: nothing.
  bool pump() {
    bool moved = false;
    while (!stalled) {
      const Outgoing out = session_->next(now);
      if (out.empty()) break;
      moved = true;
      if (out.close_writing) {
        events.emplace_back("shut down writing");
        session_->closed_writing(now);
        continue;
      }
      std::uint64_t count = 0;
      for (const Bytes piece : out.bytes) {
        output += as_text(piece);
        if (!client_is_away) client.take(as_text(piece));
        count += piece.size();
      }
      session_->sent(count, now);
    }
    return moved;
  }
  void advance(Duration duration) {
    now += duration;
    session_->unacknowledged(unacknowledged, now);
    if (session_->deadline() <= now) session_->expire(now);
    exchange();
  }
  void resume(std::int32_t stream) {
    session_->resume(ExchangeId{static_cast<std::uint64_t>(stream)}, now);
    exchange();
  }
  bool resolve(std::int32_t stream, Response response) {
    const bool was_given =
        session_->resolve(ExchangeId{static_cast<std::uint64_t>(stream)}, std::move(response), now);
    exchange();
    return was_given;
  }

  [[nodiscard]] Session& session() { return *session_; }
  [[nodiscard]] RecordingHandler& handler() { return *handler_; }

  // Services
  WallTime date() const override { return WallTime(std::chrono::seconds(784111777)); }
  std::string_view date_field() const override { return "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"; }
  bool ends_connections() const override { return crowded; }
  bool is_stopping() const override { return false; }
  bool wants_log_fields() const override { return true; }
  std::string new_request_id() override { return "made-" + std::to_string(++ids_); }
  void content_sent(ConnectionId, const std::optional<Endpoint>&, std::uint64_t bytes, Instant) override {
    told_bytes.push_back(bytes);
  }
  void exchange_ended(ConnectionId, const ExchangeSummary& summary, Instant) override {
    summaries.push_back(summary);
  }
  Result<std::size_t> read_file(int, std::uint64_t offset, std::span<std::byte> into) override {
    const std::string_view rest = std::string_view(file).substr(std::min<std::size_t>(offset, file.size()));
    const std::size_t count = std::min(rest.size(), into.size());
    std::memcpy(into.data(), rest.data(), count);
    return count;
  }
  void limit_exceeded(ConnectionId, std::string_view limit) override { limits.emplace_back(limit); }
  // ReplySink
  void deliver(ConnectionId, ExchangeId, Response) override {}
  void resume(ConnectionId, ExchangeId) override {}

  Instant now{seconds(1'000'000)};
  bool crowded = false;
  bool stalled = false;
  bool client_is_away = false;  ///< what is sent reaches nobody, and only what the test feeds arrives
  std::uint64_t unacknowledged = 0;
  std::string file;    ///< what every FilePiece is a part of
  std::string output;  ///< all that the session has sent
  std::vector<std::string> events;
  std::vector<std::uint64_t> told_bytes;  ///< by content_sent
  std::vector<ExchangeSummary> summaries;
  std::vector<std::string> limits;
  Client client;

 private:
  SessionSettings settings_;
  Endpoint client_address_ = parse_address("192.0.2.1").value();
  Endpoint local_;
  std::shared_ptr<RecordingHandler> handler_;
  SessionContext common_;
  Session::Context context_;
  std::unique_ptr<Session> session_;
  int ids_ = 0;
};

}  // namespace bobbin::http::http2
