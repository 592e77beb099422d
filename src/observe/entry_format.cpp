#include "observe/entry_format.h"

#include "observe/journal_entry.h"
#include "observe/syslog_entry.h"

namespace bobbin::observe {

void EntryFormat::append(std::string& out, const Message& message) const {
  switch (framing) {
    case Framing::lines: return append_message(out, messages, message);
    case Framing::journal: return append_journal_entry(out, message);
    case Framing::syslog: return append_syslog_entry(out, messages, origin, message);
  }
}

void EntryFormat::append(std::string& out, AccessFormat format, const ExchangeRecord& record,
                         std::string_view thread_name) const {
  switch (framing) {
    case Framing::lines: return format_exchange(out, format, record, thread_name);
    case Framing::journal: return append_journal_entry(out, record, thread_name);
    case Framing::syslog: return append_syslog_entry(out, format, origin, record, thread_name);
  }
}

}  // namespace bobbin::observe
