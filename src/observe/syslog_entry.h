#pragma once

#include <string>
#include <string_view>

#include "observe/access_log.h"
#include "observe/message.h"

namespace bobbin::observe {

/// Appends a line of Framing::syslog (RFC 5424 §6): a header, whose MSGID is the event (of an exchange
/// "exchange") and whose facility is daemon, then the message. `origin`: "HOSTNAME bobbin PID".
void append_syslog_entry(std::string& out, MessageFormat format, std::string_view origin,
                         const Message& message);
void append_syslog_entry(std::string& out, AccessFormat format, std::string_view origin,
                         const ExchangeRecord& record, std::string_view thread_name);

}  // namespace bobbin::observe
