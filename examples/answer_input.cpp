// Reads requests from standard input, and writes the answers to standard output: HTTP without a socket or a
// thread.
//
//   printf 'GET /reader HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' | answer_input
#include <array>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "hello.h"
#include "http/date.h"
#include "http/http1/session.h"

namespace {

using namespace bobbin;

/// One connection. What a session needs from a server is little where answers come at once.
class Machine final : private http::Services, private http::ReplySink {
 public:
  /// Takes bytes that have arrived, none at their end, and writes what there is to say.
  void take(std::string_view bytes) {
    session_.begin_round();
    session_.received(as_bytes(bytes), monotonic_now());
    write();
  }
  [[nodiscard]] bool finished() const { return session_.finished() || session_.is_lingering(); }

 private:
  // http::Services
  [[nodiscard]] WallTime date() const override { return date_; }
  [[nodiscard]] std::string_view date_field() const override { return date_field_; }
  [[nodiscard]] bool ends_connections() const override { return false; }
  [[nodiscard]] bool is_stopping() const override { return false; }
  [[nodiscard]] bool wants_log_fields() const override { return false; }
  void content_sent(ConnectionId, const std::optional<Endpoint>&, std::uint64_t, Instant) override {}
  void exchange_ended(ConnectionId, const http::ExchangeSummary&, Instant) override {}
  [[nodiscard]] Result<std::size_t> read_file(int, std::uint64_t, std::span<std::byte>) override {
    return std::size_t{0};
  }
  void limit_exceeded(ConnectionId, std::string_view) override {}
  // http::ReplySink: nothing is answered later
  void deliver(ConnectionId, ExchangeId, http::Response) override {}
  void resume(ConnectionId, ExchangeId) override {}

  void write() {
    for (http::Outgoing out = session_.next(monotonic_now()); !out.bytes.empty();
         out = session_.next(monotonic_now())) {
      std::uint64_t count = 0;
      for (const Bytes piece : out.bytes) {
        std::cout << as_text(piece);
        count += piece.size();
      }
      session_.sent(count, monotonic_now());
    }
  }

  const WallTime date_ = wall_now();
  const std::string date_field_ = "Date: " + http::format_date(date_) + "\r\n";
  const http::SessionSettings settings_{.server_name = "example"};
  const Endpoint client_{};
  const Endpoint local_{};
  http::http1::Session::Context context_{{.settings = settings_,
                                          .handler = std::make_shared<const Hello>(),
                                          .services = *this,
                                          .replies = *this}};
  http::http1::Session session_{context_, ConnectionId{}, client_, local_, monotonic_now()};
};

}  // namespace

int main() {
  Machine machine;
  std::array<char, 4096> buffer{};
  while (!machine.finished() && std::cin) {
    std::cin.read(buffer.data(), buffer.size());
    machine.take({buffer.data(), static_cast<std::size_t>(std::cin.gcount())});
  }
}
