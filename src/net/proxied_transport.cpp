#include "net/proxied_transport.h"

#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#include <variant>

#include "net/proxy_header.h"
#include "os/socket.h"

namespace bobbin::net {

struct ProxiedTransport::State {
  enum class Header : std::uint8_t {
    awaited,
    taken,
    turns_away,  // taken, and the client that it names is not admitted
    refused,
  };

  State(std::unique_ptr<Transport> transport, std::unique_ptr<Admission> asked)
      : inner(std::move(transport)), admission(std::move(asked)), client(inner->peer()) {}

  [[nodiscard]] bool is_taken() const { return header == Header::taken || header == Header::turns_away; }
  [[nodiscard]] bool is_admitted(const std::optional<Endpoint>& named) const {
    return !named || admission == nullptr || admission->admits(*named);
  }

  /// Takes the header from the descriptor. False: the peer has finished sending before its end.
  Result<bool> take_header();
  /// Fails when the header is not there, so that nothing can be sent.
  Result<void> take_header_to_send();
  Result<bool> refuse(std::string_view reason);

  std::unique_ptr<Transport> inner;
  std::unique_ptr<Admission> admission;
  Endpoint client;
  std::string_view refusal;
  Header header = Header::awaited;
};

Result<bool> ProxiedTransport::State::refuse(std::string_view reason) {
  refusal = reason;
  header = Header::refused;
  return failure(Error{EPROTO, "PROXY header"});
}

Result<bool> ProxiedTransport::State::take_header() {
  if (header == Header::refused) return refuse(refusal);
  // Asked first: what is then there is all that will ever come.
  const bool is_last = os::has_finished_sending(inner->descriptor());
  std::array<std::byte, kMaximumProxyHeaderBytes> room;
  const std::size_t count = TRY(os::peek(inner->descriptor(), room));
  const auto parsed = parse_proxy_header(std::span(room).first(count));
  if (const auto* malformed = std::get_if<MalformedProxyHeader>(&parsed)) return refuse(malformed->reason);
  const auto* complete = std::get_if<ProxyHeader>(&parsed);
  if (complete == nullptr) {
    if (!is_last) return failure(Error{EAGAIN, "PROXY header"});
    if (count == 0) return false;  // such as a proxy's check that somebody listens
    return refuse("the connection ended in the middle of it");
  }
  // It is there, so this takes all of it.
  static_cast<void>(TRY(os::receive(inner->descriptor(), std::span(room).first(complete->size_bytes))));
  client = complete->client.value_or(client);
  header = is_admitted(complete->client) ? Header::taken : Header::turns_away;
  return true;
}

Result<void> ProxiedTransport::State::take_header_to_send() {
  if (is_taken()) return {};
  const auto is_there = take_header();
  if (!is_there && is_temporary(is_there.error())) return failure(Error{EINPROGRESS, "PROXY header"});
  if (!is_there) return failure(is_there.error());
  if (!*is_there) return failure(Error{ECONNABORTED, "PROXY header"});
  return {};
}

ProxiedTransport::ProxiedTransport(std::unique_ptr<Transport> inner, std::unique_ptr<Admission> admission)
    : state_(std::make_unique<State>(std::move(inner), std::move(admission))) {}
ProxiedTransport::~ProxiedTransport() = default;

Result<Received> ProxiedTransport::receive(std::span<std::byte> into) {
  if (!state_->is_taken()) {
    if (!TRY(state_->take_header())) return Received{};
    if (!is_admitted()) return Received{.more = true, .kind = Received::Kind::turned_away};
  }
  return state_->inner->receive(into);
}

Result<std::size_t> ProxiedTransport::send(std::span<const Bytes> pieces, bool more) {
  TRY(state_->take_header_to_send());
  return state_->inner->send(pieces, more);
}
Result<std::size_t> ProxiedTransport::send_file(int file, std::uint64_t offset, std::size_t count) {
  TRY(state_->take_header_to_send());
  return state_->inner->send_file(file, offset, count);
}
void ProxiedTransport::shut_down_writing() { state_->inner->shut_down_writing(); }
void ProxiedTransport::close_with_reset() { state_->inner->close_with_reset(); }
void ProxiedTransport::end() { state_->inner->end(); }
std::uint64_t ProxiedTransport::unacknowledged_bytes() const { return state_->inner->unacknowledged_bytes(); }
const os::Fd& ProxiedTransport::descriptor() const { return state_->inner->descriptor(); }
const Endpoint& ProxiedTransport::peer() const { return state_->inner->peer(); }
const Endpoint& ProxiedTransport::local() const { return state_->inner->local(); }
const Endpoint& ProxiedTransport::client() const { return state_->client; }
const PeerCertificate* ProxiedTransport::peer_certificate() const {
  return state_->inner->peer_certificate();
}
std::string_view ProxiedTransport::tls_version() const { return state_->inner->tls_version(); }
std::string_view ProxiedTransport::security_failure() const { return state_->inner->security_failure(); }
bool ProxiedTransport::is_admitted() const { return state_->header != State::Header::turns_away; }
std::string_view ProxiedTransport::proxy_failure() const { return state_->refusal; }

}  // namespace bobbin::net
