#include "net/tls/tls_transport.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "base/ascii.h"
#include "net/tls/openssl.h"
#include "os/socket.h"

namespace bobbin::net::tls {
namespace {

// The most that a record holds (RFC 8446 §5.1), and how much is encrypted at most before the socket is asked.
constexpr std::size_t kRecordBytes = 16 * 1024;
constexpr std::size_t kMostAhead = 4 * kRecordBytes;

/// What OpenSSL has written in the present call, of whichever connection: each call leaves it empty.
std::string& output() {
  thread_local std::string bytes;
  return bytes;
}

/// A request of HTTP in clear text begins with a letter; a record of TLS never does.
bool begins_clear_text(char first) {
  const char lower = to_lower(first);
  return lower >= 'a' && lower <= 'z';
}

/// Gives the bytes of several pieces as records that are as full as can be.
class Records {
 public:
  explicit Records(std::span<const Bytes> pieces) : pieces_(pieces) {}

  /// Empty at the end. Valid until the next call.
  [[nodiscard]] Bytes next() {
    if (has_more() && (rest_.size() >= kRecordBytes || pieces_.empty())) return take(kRecordBytes);
    std::size_t count = 0;
    while (count < kRecordBytes && has_more()) {
      const Bytes part = take(kRecordBytes - count);
      std::ranges::copy(part, gathered_.begin() + static_cast<std::ptrdiff_t>(count));
      count += part.size();
    }
    return Bytes(gathered_).first(count);
  }

 private:
  [[nodiscard]] bool has_more() {
    for (; rest_.empty() && !pieces_.empty(); pieces_ = pieces_.subspan(1)) rest_ = pieces_.front();
    return !rest_.empty();
  }
  [[nodiscard]] Bytes take(std::size_t most) {
    const Bytes part = rest_.first(std::min(rest_.size(), most));
    rest_ = rest_.subspan(part.size());
    return part;
  }

  std::span<const Bytes> pieces_;
  Bytes rest_;  // of the piece in front of them
  std::array<std::byte, kRecordBytes> gathered_;
};

using ConnectionPointer = std::unique_ptr<SSL, Freeing<SSL_free>>;

}  // namespace

class TlsTransport::State {
 public:
  State(std::shared_ptr<const Context> context, os::Fd socket, const Endpoint& peer, const Endpoint& local);

  [[nodiscard]] Result<Received> receive(std::span<std::byte> into);
  [[nodiscard]] Result<std::size_t> send(std::span<const Bytes> pieces, bool more);
  void shut_down_writing();
  void close_with_reset();
  void end();
  [[nodiscard]] std::uint64_t unacknowledged_bytes() const;

  [[nodiscard]] const os::Fd& socket() const { return socket_; }
  [[nodiscard]] const Endpoint& peer() const { return peer_; }
  [[nodiscard]] const Endpoint& local() const { return local_; }
  [[nodiscard]] std::string_view failure_reason() const { return reason_; }
  [[nodiscard]] const PeerCertificate* peer_certificate() const { return peer_certificate_.get(); }
  [[nodiscard]] std::string_view version() const { return version_; }

 private:
  enum class Stage : std::uint8_t {
    handshake,
    secured,
    clear,   // the client speaks HTTP in clear text
    broken,  // nothing can be said or understood any more
  };
  struct Bio;

  [[nodiscard]] Result<Received> receive_clear(std::span<std::byte> into);
  [[nodiscard]] Received deliver(std::size_t count, bool more);
  [[nodiscard]] Result<void> shake_hands();
  [[nodiscard]] Result<std::size_t> encrypt(std::span<const Bytes> pieces);
  [[nodiscard]] Result<std::size_t> send_rest(bool more);
  [[nodiscard]] Result<void> flush(bool more);
  void note_handshake();
  Error break_off();
  void say_goodbye();

  const std::shared_ptr<const Context> context_;
  os::Fd socket_;
  const Endpoint peer_;
  const Endpoint local_;
  ConnectionPointer connection_;  // null: memory was short
  std::string unsent_;            // encrypted, in front of output()
  std::string clear_input_;       // received before clear text was found out, not yet delivered
  std::string_view reason_;
  std::unique_ptr<const PeerCertificate> peer_certificate_;
  // Content that has been encrypted and is not all with the kernel, and how long it was in that form.
  std::size_t ahead_bytes_ = 0;
  std::size_t ahead_encrypted_bytes_ = 0;
  std::size_t most_ahead_ = kMostAhead;
  Error read_error_{};
  Stage stage_ = Stage::handshake;
  std::string_view version_;  // once it is secured
  bool has_read_ = false;
  bool socket_is_empty_ = false;  // as far as the present call knows
  bool input_has_ended_ = false;
};

/// Through this OpenSSL reads and writes.
struct TlsTransport::State::Bio {
  static int read(BIO* bio, char* into, std::size_t size, std::size_t* count) {
    State& self = *static_cast<State*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const auto received = os::receive(self.socket_, std::as_writable_bytes(std::span(into, size)));
    *count = received.value_or(0);
    self.socket_is_empty_ = *count < size;
    if (!received) {
      if (is_temporary(received.error()))
        BIO_set_retry_read(bio);
      else
        self.read_error_ = received.error();
      return 0;
    }
    self.input_has_ended_ = *count == 0;
    if (*count > 0 && !std::exchange(self.has_read_, true) && begins_clear_text(*into)) {
      self.clear_input_.assign(into, std::exchange(*count, 0));
      return 0;
    }
    return *count > 0 ? 1 : 0;
  }
  static int write(BIO*, const char* bytes, std::size_t size, std::size_t* count) {
    output().append(bytes, size);
    *count = size;
    return 1;
  }
  static long control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_FLUSH) return 1;
    if (command == BIO_CTRL_EOF) return static_cast<State*>(BIO_get_data(bio))->input_has_ended_ ? 1 : 0;
    return 0;
  }

  static BIO_METHOD* make_method() {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bobbin");
    if (method == nullptr) return nullptr;
    BIO_meth_set_read_ex(method, read);
    BIO_meth_set_write_ex(method, write);
    BIO_meth_set_ctrl(method, control);
    return method;
  }
  /// Null when memory is short.
  static BIO* make(State& state) {
    static BIO_METHOD* const method = make_method();
    BIO* bio = method == nullptr ? nullptr : BIO_new(method);
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, &state);
    BIO_set_init(bio, 1);
    return bio;
  }
};

TlsTransport::State::State(std::shared_ptr<const Context> context, os::Fd socket, const Endpoint& peer,
                           const Endpoint& local)
    : context_(std::move(context)),
      socket_(std::move(socket)),
      peer_(peer),
      local_(local),
      connection_(context_->new_connection()) {
  BIO* bio = connection_ != nullptr ? Bio::make(*this) : nullptr;
  if (bio == nullptr) {
    reason_ = "memory is short";
    stage_ = Stage::broken;
    return;
  }
  SSL_set_bio(connection_.get(), bio, bio);
  SSL_set_accept_state(connection_.get());
}

// ---- receiving ----

Result<Received> TlsTransport::State::receive(std::span<std::byte> into) {
  if (stage_ == Stage::clear) return receive_clear(into);
  if (stage_ == Stage::broken) return failure(Error{ECONNABORTED, "TLS"});
  socket_is_empty_ = false;
  std::size_t total = 0;
  while (total < into.size()) {
    std::size_t count = 0;
    ERR_clear_error();
    if (SSL_read_ex(connection_.get(), into.data() + total, into.size() - total, &count) == 1) {
      note_handshake();
      total += count;
      if (socket_is_empty_ && SSL_has_pending(connection_.get()) == 0) return deliver(total, false);
      continue;
    }
    const int error = SSL_get_error(connection_.get(), 0);
    note_handshake();
    if (error == SSL_ERROR_WANT_READ && total > 0) return deliver(total, false);
    if (error == SSL_ERROR_WANT_READ) {
      TRY(flush(false));
      return failure(Error{unsent_.empty() ? EAGAIN : EINPROGRESS, "recv"});
    }
    // What has been read comes first; the next call finds the same again.
    if (error == SSL_ERROR_ZERO_RETURN && total == 0) {
      TRY(flush(false));
      return Received{};
    }
    if (error == SSL_ERROR_ZERO_RETURN) break;
    const Error broken = break_off();
    if (stage_ == Stage::clear) return receive_clear(into);
    if (total == 0) return failure(broken);
    break;
  }
  return deliver(total, true);
}

Received TlsTransport::State::deliver(std::size_t count, bool more) {
  // What is left to say after a handshake of TLS 1.3 are the tickets, which need no packet of their own: they
  // leave with the response.
  if (SSL_version(connection_.get()) == TLS1_3_VERSION) {
    unsent_ += output();
    output().clear();
  } else {
    static_cast<void>(flush(false));
  }
  return {.count = count, .more = more};
}

Result<Received> TlsTransport::State::receive_clear(std::span<std::byte> into) {
  if (clear_input_.empty()) {
    const std::size_t count = TRY(os::receive(socket_, into));
    return Received{.count = count, .more = count == into.size(), .kind = Received::Kind::unsecured};
  }
  const std::size_t count = std::min(into.size(), clear_input_.size());
  std::copy_n(as_bytes(clear_input_).begin(), count, into.begin());
  clear_input_.erase(0, count);
  return Received{.count = count, .more = true, .kind = Received::Kind::unsecured};
}

void TlsTransport::State::note_handshake() {
  if (stage_ != Stage::handshake || SSL_is_init_finished(connection_.get()) != 1) return;
  stage_ = Stage::secured;
  version_ = SSL_get_version(connection_.get());
  if (const X509* shown = SSL_get0_peer_certificate(connection_.get()))
    peer_certificate_ = std::make_unique<const PeerCertificate>(
        PeerCertificate{.subject = subject_of(shown), .fingerprint = fingerprint_of(shown)});
}

/// After a call of OpenSSL that cannot be made again: sends the alert in which it has told the client why.
Error TlsTransport::State::break_off() {
  const char* reason = take_reason();
  if (!clear_input_.empty()) {
    output().clear();
    stage_ = Stage::clear;
    return {EAGAIN, "recv"};
  }
  const bool has_left = input_has_ended_ || read_error_.code != 0;
  if (!has_left) reason_ = reason;
  static_cast<void>(flush(false));
  stage_ = Stage::broken;
  if (read_error_.code != 0) return read_error_;
  return {input_has_ended_ ? ECONNRESET : EPROTO, "TLS"};
}

// ---- sending ----

Result<void> TlsTransport::State::shake_hands() {
  ERR_clear_error();
  const int done = SSL_do_handshake(connection_.get());
  const int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(connection_.get(), done);
  note_handshake();
  if (error == SSL_ERROR_NONE) return {};
  if (error != SSL_ERROR_WANT_READ) {
    const Error broken = break_off();
    return stage_ == Stage::clear ? Result<void>() : failure(broken);
  }
  TRY(flush(false));
  return failure(Error{unsent_.empty() ? EINPROGRESS : EAGAIN, "send"});
}

Result<std::size_t> TlsTransport::State::send(std::span<const Bytes> pieces, bool more) {
  if (stage_ == Stage::handshake) TRY(shake_hands());
  if (stage_ == Stage::clear) return os::send(socket_, pieces, more);
  if (stage_ == Stage::broken) return failure(Error{ECONNABORTED, "TLS"});
  if (ahead_bytes_ > 0) return send_rest(more);
  ahead_bytes_ = TRY(encrypt(pieces));
  ahead_encrypted_bytes_ = unsent_.size() + output().size();
  const bool was_bounded = ahead_bytes_ >= most_ahead_;
  auto sent = send_rest(more);
  // A client that takes little is given little at a time, since only what is wholly with the kernel counts.
  if (!sent)
    most_ahead_ = kRecordBytes;
  else if (was_bounded)
    most_ahead_ = std::min(2 * most_ahead_, kMostAhead);
  return sent;
}

Result<std::size_t> TlsTransport::State::send_rest(bool more) {
  TRY(flush(more));
  if (!unsent_.empty()) return failure(Error{EAGAIN, "send"});
  return std::exchange(ahead_bytes_, 0);
}

/// Encrypts as much as may be ahead of the kernel. Returns how much it was.
Result<std::size_t> TlsTransport::State::encrypt(std::span<const Bytes> pieces) {
  Records records(pieces);
  std::size_t total = 0;
  while (total < most_ahead_) {
    const Bytes record = records.next();
    if (record.empty()) break;
    std::size_t written = 0;
    ERR_clear_error();
    // Nothing can be in its way: what OpenSSL writes is only gathered.
    if (SSL_write_ex(connection_.get(), record.data(), record.size(), &written) != 1 ||
        written != record.size())
      return failure(break_off());
    total += written;
  }
  return total;
}

/// Sends what is encrypted. What the kernel does not take stays in unsent_.
Result<void> TlsTransport::State::flush(bool more) {
  std::string& fresh = output();
  if (unsent_.empty() && fresh.empty()) return {};
  std::array<Bytes, 2> pieces{as_bytes(unsent_), as_bytes(fresh)};
  const std::span<const Bytes> filled =
      unsent_.empty() ? std::span(pieces).last(1) : std::span(pieces).first(fresh.empty() ? 1 : 2);
  const auto sent = os::send(socket_, filled, more);
  if (!sent && !is_temporary(sent.error())) {
    unsent_.clear();
    fresh.clear();
    stage_ = Stage::broken;
    return failure(sent.error());
  }
  const std::size_t count = sent.value_or(0);
  const std::size_t of_unsent = std::min(count, unsent_.size());
  unsent_.erase(0, of_unsent);
  unsent_.append(fresh, count - of_unsent);
  fresh.clear();
  if (unsent_.empty()) unsent_.shrink_to_fit();
  return {};
}

// ---- the end ----

void TlsTransport::State::say_goodbye() {
  if (stage_ != Stage::secured || ahead_bytes_ > 0) return;
  if ((SSL_get_shutdown(connection_.get()) & SSL_SENT_SHUTDOWN) != 0) return;
  ERR_clear_error();
  static_cast<void>(SSL_shutdown(connection_.get()));
  static_cast<void>(flush(false));
}

void TlsTransport::State::shut_down_writing() {
  say_goodbye();
  if (unsent_.empty()) os::shut_down_writing(socket_);
}

void TlsTransport::State::close_with_reset() {
  stage_ = Stage::broken;
  os::reset_when_closed(socket_);
}

void TlsTransport::State::end() {
  say_goodbye();
  if (ahead_bytes_ == 0) static_cast<void>(flush(false));  // once more, where a goodbye was not taken
}

std::uint64_t TlsTransport::State::unacknowledged_bytes() const {
  // What has left of content that does not count as sent yet cannot be called unacknowledged.
  const std::uint64_t uncounted = ahead_bytes_ > 0 ? ahead_encrypted_bytes_ - unsent_.size() : 0;
  const std::uint64_t bytes = os::unacknowledged_bytes(socket_);
  return bytes - std::min(bytes, uncounted);
}

// ---- TlsTransport: kept small, since every connection has room for the largest transport ----

TlsTransport::TlsTransport(std::shared_ptr<const Context> context, os::Fd socket, const Endpoint& peer,
                           const Endpoint& local)
    : state_(std::make_unique<State>(std::move(context), std::move(socket), peer, local)) {}
TlsTransport::~TlsTransport() = default;

Result<Received> TlsTransport::receive(std::span<std::byte> into) { return state_->receive(into); }
Result<std::size_t> TlsTransport::send(std::span<const Bytes> pieces, bool more) {
  return state_->send(pieces, more);
}
Result<std::size_t> TlsTransport::send_file(int, std::uint64_t, std::size_t) {
  return failure(Error{EOPNOTSUPP, "send_file"});
}
void TlsTransport::shut_down_writing() { state_->shut_down_writing(); }
void TlsTransport::close_with_reset() { state_->close_with_reset(); }
void TlsTransport::end() { state_->end(); }
std::uint64_t TlsTransport::unacknowledged_bytes() const { return state_->unacknowledged_bytes(); }
const os::Fd& TlsTransport::descriptor() const { return state_->socket(); }
const Endpoint& TlsTransport::peer() const { return state_->peer(); }
const Endpoint& TlsTransport::local() const { return state_->local(); }
const PeerCertificate* TlsTransport::peer_certificate() const { return state_->peer_certificate(); }
std::string_view TlsTransport::tls_version() const { return state_->version(); }
std::string_view TlsTransport::security_failure() const { return state_->failure_reason(); }

}  // namespace bobbin::net::tls
