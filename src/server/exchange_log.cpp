#include "server/exchange_log.h"

namespace bobbin::server {
namespace {

using observe::AccessFormat;
using observe::LogLevel;

observe::ExchangeRecord::Action action_of(http::HandlerLogFields::Action action) {
  using From = http::HandlerLogFields::Action;
  using To = observe::ExchangeRecord::Action;
  switch (action) {
    case From::none: return To::none;
    case From::sent_html: return To::sent_html;
    case From::sent_binary: return To::sent_binary;
    case From::created_file: return To::created_file;
  }
  return To::none;
}

observe::ExchangeRecord::Host verdict_of(http::HandlerLogFields::Host host) {
  using From = http::HandlerLogFields::Host;
  using To = observe::ExchangeRecord::Host;
  switch (host) {
    case From::unchecked: return To::unchecked;
    case From::accepted: return To::accepted;
    case From::refused: return To::refused;
  }
  return To::unchecked;
}

}  // namespace

ExchangeLog::ExchangeLog(bool writes_exchanges, AccessFormat format, observe::LogWriter& log)
    : writes_exchanges_(writes_exchanges), format_(format), log_(log) {}

bool ExchangeLog::names_violations() const {
  return writes_exchanges_ && (format_ == AccessFormat::transfer || format_ == AccessFormat::json);
}

void ExchangeLog::exchange_ended(const http::ExchangeSummary& summary, const Endpoint& peer, WallTime now,
                                 Duration duration) {
  static const http::LogFields nothing;
  const http::LogFields& texts = summary.texts != nullptr ? *summary.texts : nothing;
  const http::HandlerLogFields& notes = texts.notes;
  if (!notes.cause.empty()) log_.write(LogLevel::error, "Error: " + notes.cause);
  if (!notes.violation.empty() && !names_violations())
    log_.write(LogLevel::warning, "Security violation: " + notes.violation);
  if (!texts.detail.empty() && log_.wants(LogLevel::debug))
    log_.write(LogLevel::debug,
               "Answered " + std::to_string(http::code(summary.status)) + ": " + texts.detail);
  if (!writes_exchanges_) return;
  const observe::ExchangeRecord record{
      .time = now - duration,
      .duration = duration,
      .peer = peer,
      .first_on_connection = summary.ordinal == 1,
      .request_line = texts.request_line,
      .host = texts.host,
      .host_verdict = verdict_of(notes.host),
      .action = action_of(notes.action),
      .subject = notes.subject,
      .violation = notes.violation,
      .detail = texts.detail,
      .status = http::code(summary.status),
      .reason_phrase = http::reason_phrase(summary.status),
      .content_bytes = summary.content_bytes,
      .content_length_bytes = summary.content_length_bytes,
      .keeps_connection = summary.keeps_connection,
      .referer = texts.referer,
      .user_agent = texts.user_agent,
  };
  lines_.clear();
  observe::format_exchange(lines_, format_, record, log_.name());
  log_.write_block(lines_);
}

void ExchangeLog::connection_closed(const http::Session& session) {
  if (!writes_exchanges_ || format_ != AccessFormat::transfer) return;
  if (session.timed_out()) return log_.write(LogLevel::info, "Connection timeout");
  log_.write(LogLevel::info,
             "Connection closed (" + std::to_string(session.requests()) + " requests served)");
}

}  // namespace bobbin::server
