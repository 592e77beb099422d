#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "observe/access_log.h"
#include "observe/message.h"

namespace bobbin::observe {

/// What entries look like where they go.
enum class Framing : std::uint8_t {
  lines,    ///< as they are
  journal,  ///< systemd's Native Journal Protocol: fields, with kFieldEnd instead of '\n' behind each, and
            ///< then '\n'
  syslog,   ///< RFC 5424: a line each, with a header
};

/// Ends a field of the framing `journal`, so that an entry is one line like any other until it is sent. It
/// stands in no value, since control characters are escaped.
inline constexpr char kFieldEnd = '\x1f';

/// How what happens becomes an entry. With the framing `journal` the formats do not matter; with `syslog` the
/// blocks of the format transfer, which have several lines, give way to those of combined.
struct EntryFormat {
  Framing framing = Framing::lines;
  MessageFormat messages = MessageFormat::text;
  std::string origin = {};  ///< of syslog: "HOSTNAME bobbin PID"

  /// Appends one line, '\n' at its end, as append_message does.
  void append(std::string& out, const Message& message) const;
  /// Appends one line or block, as format_exchange does.
  void append(std::string& out, AccessFormat format, const ExchangeRecord& record,
              std::string_view thread_name) const;
};

}  // namespace bobbin::observe
