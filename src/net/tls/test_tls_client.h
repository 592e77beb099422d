#pragma once

#include <fcntl.h>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <openssl/ssl.h>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>

#include "net/tls/context.h"
#include "net/tls/openssl.h"
#include "net/tls/test_certificates.h"
#include "net/tls/tls_transport.h"
#include "os/fd.h"

namespace bobbin::net::tls {

/// For tests: a transport and the client at its other end, which never wait for each other.
class TestTlsPair {
 public:
  using Configure = std::function<void(SSL_CTX*, SSL*)>;

  explicit TestTlsPair(std::shared_ptr<const Context> context, const Configure& configure = {}) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    client_socket_ = os::Fd(ends[0]);
    transport_.emplace(std::move(context), os::Fd(ends[1]), Endpoint{}, Endpoint{});
    client_context_.reset(SSL_CTX_new(TLS_client_method()));
    client_.reset(SSL_new(client_context_.get()));
    SSL_set_fd(client_.get(), client_socket_.number());
    SSL_set_connect_state(client_.get());
    if (configure) configure(client_context_.get(), client_.get());
  }

  [[nodiscard]] TlsTransport& server() { return *transport_; }
  [[nodiscard]] SSL* client() { return client_.get(); }
  [[nodiscard]] int client_socket() const { return client_socket_.number(); }
  void close_client() { client_socket_.close(); }

  /// Lets both sides go on until neither gets further. What the server has received is in `received`.
  void pump() {
    for (int turn = 0; turn < 20; ++turn) {
      ERR_clear_error();
      if (SSL_is_init_finished(client_.get()) == 0) SSL_do_handshake(client_.get());
      receive();
    }
  }
  /// Everything that the server can receive now.
  void receive() {
    std::byte buffer[4096];
    while (true) {
      const auto got = transport_->receive(buffer);
      error = got ? 0 : got.error().code;
      if (!got) return;
      unsecured |= got->kind == Received::Kind::unsecured;
      ended |= got->count == 0;
      received.append(reinterpret_cast<const char*>(buffer), got->count);
      if (got->count == 0 || !got->more) return;
    }
  }
  void client_sends(std::string_view text) {
    std::size_t written = 0;
    ERR_clear_error();
    EXPECT_EQ(SSL_write_ex(client_.get(), text.data(), text.size(), &written), 1);
    EXPECT_EQ(written, text.size());
  }
  /// What has arrived at the client.
  [[nodiscard]] std::string client_receives() {
    std::string text;
    char buffer[4096];
    std::size_t count = 0;
    ERR_clear_error();
    while (SSL_read_ex(client_.get(), buffer, sizeof buffer, &count) == 1) text.append(buffer, count);
    client_error = SSL_get_error(client_.get(), 0);
    return text;
  }
  [[nodiscard]] Result<std::size_t> send(std::string_view text) {
    const Bytes bytes = as_bytes(text);
    return transport_->send({&bytes, 1}, false);
  }

  std::string received;
  int error = 0;
  bool ended = false;
  bool unsecured = false;
  int client_error = 0;

 private:
  os::Fd client_socket_;
  std::optional<TlsTransport> transport_;
  ContextPointer client_context_;
  std::unique_ptr<SSL, Freeing<SSL_free>> client_;
};

inline std::shared_ptr<const Certificate> certificate_of(const TestPair& pair) {
  const auto parsed = Certificate::parse(pair.certificate, pair.key);
  EXPECT_TRUE(parsed) << parsed.error();
  return *parsed;
}

inline std::shared_ptr<const Context> make_context(const ContextSettings& settings) {
  auto made = Context::create(settings);
  EXPECT_TRUE(made) << made.error();
  return *made;
}
/// The context of a listener with one certificate.
inline std::shared_ptr<const Context> make_context() {
  return make_context({.certificates = {certificate_of(test_pair())}});
}

}  // namespace bobbin::net::tls
