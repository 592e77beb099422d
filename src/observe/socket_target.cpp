#include "observe/socket_target.h"

#include <algorithm>
#include <cerrno>
#include <variant>

#include "observe/entry_format.h"

namespace bobbin::observe {
namespace {

// RFC 5424 §6.1: receivers should take 2048 bytes, and may cut what is longer. This much fits every datagram.
constexpr std::size_t kMostSyslogBytes = 8 * 1024;

/// Of a daemon that has ended: its socket is there no more, or another one is under its name.
bool has_gone(const Error& error) {
  return error.code == ECONNREFUSED || error.code == ENOTCONN || error.code == ECONNRESET ||
         error.code == EPIPE;
}

}  // namespace

Result<std::size_t> SocketTarget::write_some(std::string_view lines) {
  const std::size_t end = std::min(lines.find('\n'), lines.size());
  const std::string_view line = lines.substr(0, end);
  if (!TRY(send(line))) return 0;
  return std::min(end + 1, lines.size());
}

/// A UDP socket stays the one of its port, whoever listens there. (A confined process could make no other.)
Result<void> SocketTarget::reopen() {
  if (std::holds_alternative<Endpoint>(address_)) return {};
  socket_ = TRY(os::LogSocket::connect(address_));
  return {};
}

Result<bool> SocketTarget::send(std::string_view line) {
  if (line.empty()) return true;
  if (kind_ == LogPlace::Kind::journal) {
    entry_ = line;
    std::ranges::replace(entry_, kFieldEnd, '\n');
    line = entry_;
  }
  const Result<bool> sent = send_once(line);
  if (sent || !has_gone(sent.error())) return sent;
  TRY(reopen());
  return send_once(line);
}

Result<bool> SocketTarget::send_once(std::string_view entry) {
  const Result<bool> sent = socket_.send(entry);
  if (sent || sent.error().code != EMSGSIZE) return sent;
  return kind_ == LogPlace::Kind::journal ? socket_.send_as_file(entry)
                                          : socket_.send(entry.substr(0, kMostSyslogBytes));
}

}  // namespace bobbin::observe
