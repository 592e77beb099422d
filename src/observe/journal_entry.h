#pragma once

#include <string>
#include <string_view>

#include "observe/access_log.h"
#include "observe/message.h"

namespace bobbin::observe {

/// Appends an entry of Framing::journal: MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, BOBBIN_EVENT (of an exchange
/// "exchange"), and what else is known as BOBBIN_CLIENT and so on. Texts are escaped and cut as
/// append_escaped does.
void append_journal_entry(std::string& out, const Message& message);
void append_journal_entry(std::string& out, const ExchangeRecord& record, std::string_view thread_name);

}  // namespace bobbin::observe
