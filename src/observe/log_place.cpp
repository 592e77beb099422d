#include "observe/log_place.h"

#include <charconv>

namespace bobbin::observe {
namespace {

constexpr std::string_view kJournalSocket = "/run/systemd/journal/socket";  // sd_journal_send(3)
constexpr std::string_view kSyslogSocket = "/dev/log";                      // syslog(3)
constexpr std::string_view kUdp = "udp://";

/// "127.0.0.1:514" or "[::1]:514"
std::optional<Endpoint> parse_udp(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  auto endpoint = parse_address(host);
  const char* const end = text.data() + text.size();
  std::uint16_t port = 0;
  const auto number = std::from_chars(text.data() + colon + 1, end, port);
  if (!endpoint || number.ec != std::errc() || number.ptr != end || port == 0) return std::nullopt;
  endpoint->port = port;
  return endpoint;
}

std::optional<os::LogSocket::Address> parse_socket(std::string_view text) {
  if (text.starts_with('/')) return std::string(text);
  if (!text.starts_with(kUdp)) return std::nullopt;
  return parse_udp(text.substr(kUdp.size()));
}

std::optional<LogPlace> at_socket(LogPlace::Kind kind, std::optional<os::LogSocket::Address> address) {
  if (!address) return std::nullopt;
  return LogPlace{kind, {}, *std::move(address)};
}

}  // namespace

std::optional<LogPlace> parse_log_place(std::string_view text) {
  using Kind = LogPlace::Kind;
  if (text == "journald") return at_socket(Kind::journal, std::string(kJournalSocket));
  if (text == "syslog") return at_socket(Kind::syslog, std::string(kSyslogSocket));
  const std::size_t colon = text.find(':');
  const std::string_view front = text.substr(0, colon);
  if (colon == std::string_view::npos || (front != "journald" && front != "syslog"))
    return LogPlace{Kind::file, std::string(text), {}};
  const std::string_view rest = text.substr(colon + 1);
  if (front == "syslog") return at_socket(Kind::syslog, parse_socket(rest));
  return at_socket(Kind::journal, rest.starts_with('/') ? parse_socket(rest) : std::nullopt);
}

}  // namespace bobbin::observe
