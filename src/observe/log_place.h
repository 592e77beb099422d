#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "os/log_socket.h"

namespace bobbin::observe {

/// Where a log goes.
struct LogPlace {
  enum class Kind : std::uint8_t { file, journal, syslog };

  Kind kind = Kind::file;
  std::string path;                ///< of a file; empty: standard output
  os::LogSocket::Address address;  ///< of a journal or of a syslog daemon
};

/// Reads the words of an option: the name of a file; "journald" or "journald:PATH"; "syslog", "syslog:PATH"
/// or "syslog:udp://ADDRESS:PORT". A path behind a colon is absolute. Nothing for what begins as one of these
/// and goes on otherwise; a file of such a name is "./journald".
[[nodiscard]] std::optional<LogPlace> parse_log_place(std::string_view text);

}  // namespace bobbin::observe
