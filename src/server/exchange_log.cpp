#include "server/exchange_log.h"

#include <string_view>
#include <utility>

#include "http/trace_context.h"
#include "server/refusal_reason.h"

namespace bobbin::server {
namespace {

using observe::AccessFormat;
using observe::Event;
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

/// An answer that was cut short has a cause, whatever its status is.
bool has_no_fault(http::Status status, const http::HandlerLogFields& handler) {
  return http::code(status) < 400 && handler.violation.empty() && handler.cause.empty();
}

/// "Answered 404: There is no file at this address". The client's name follows behind a comma.
std::string answered(http::Status status, std::string_view detail) {
  if (detail.ends_with('.')) detail.remove_suffix(1);
  return "Answered " + std::to_string(http::code(status)) + ": " + std::string(detail);
}

}  // namespace

ExchangeLog::ExchangeLog(const ExchangeLogSettings& settings, observe::LogWriter& messages,
                         observe::LogWriter& exchanges, std::vector<Destination> sites)
    : settings_(settings), log_(messages), server_{&exchanges, settings.format}, sites_(std::move(sites)) {}

const ExchangeLog::Destination& ExchangeLog::destination_of(const http::HandlerLogFields& fields) const {
  const std::size_t number = fields.access_log;
  return number > 0 && number <= sites_.size() ? sites_[number - 1] : server_;
}

bool ExchangeLog::has_room_for_details(const Destination& destination) const {
  return settings_.are_written &&
         (destination.format == AccessFormat::transfer || destination.format == AccessFormat::json);
}

/// The first of so many is written, so that a log that has just begun shows something.
bool ExchangeLog::is_passed_over(bool has_succeeded) {
  if (settings_.sample == 1 || !has_succeeded) return false;
  const bool is_first = passed_over_ == 0;
  passed_over_ = (passed_over_ + 1) % settings_.sample;
  return !is_first;
}

void ExchangeLog::exchange_ended(const ExchangeEnded& event) {
  const auto& [summary, origin, now, duration, certificate, tls_version] = event;
  const http::LogFields& fields = summary.log_fields;
  const http::HandlerLogFields& handler = fields.handler;
  if (!handler.cause.empty()) log_.write_about(origin, Event::request_failed, "Error: " + handler.cause);
  const Destination& destination = destination_of(handler);
  const bool shows_details = has_room_for_details(destination);
  if (!handler.violation.empty() && (!shows_details || destination.log != &log_))
    log_.write_about(origin, Event::security_violation, "Security violation: " + handler.violation);
  if (!fields.detail.empty() && log_.wants(LogLevel::debug))
    log_.write_about(origin, Event::request_answered, answered(summary.status, fields.detail));
  if (!settings_.are_written) return;
  if (!handler.is_logged) {
    if (origin.exchange == 1) unlogged_.insert(origin.connection);
    return;
  }
  const bool has_succeeded = has_no_fault(summary.status, handler);
  if (is_passed_over(has_succeeded)) return;
  if (handler.action == http::HandlerLogFields::Action::created_file && !shows_details)
    log_.write_about(origin, Event::document_created, "Created file: " + handler.subject);
  const auto trace = http::parse_traceparent(fields.traceparent).value_or(http::TraceContext{});
  const observe::ExchangeRecord record{
      .time = now - duration,
      .duration = duration,
      .origin = origin,
      .request_line = fields.request_line,
      .host = fields.host,
      .host_verdict = verdict_of(handler.host),
      .action = action_of(handler.action),
      .subject = handler.subject,
      .violation = handler.violation,
      .refused = refusal_reason(summary).value_or(""),
      .detail = fields.detail,
      .status = http::code(summary.status),
      .reason_phrase = http::reason_phrase(summary.status),
      .content_bytes = summary.content_bytes,
      .content_length_bytes = summary.content_length_bytes,
      .keeps_connection = summary.keeps_connection,
      .referer = fields.referer,
      .user_agent = fields.user_agent,
      .tls = tls_version,
      .request_id = fields.request_id,
      .trace_id = trace.trace_id,
      .span_id = trace.parent_id,
      .user = fields.user,
      .certificate_subject = certificate != nullptr ? std::string_view(certificate->subject) : "",
      .certificate_fingerprint = certificate != nullptr ? std::string_view(certificate->fingerprint) : "",
      .sample = has_succeeded ? settings_.sample : 1,
  };
  destination.log->write_exchange(destination.format, record);
}

void ExchangeLog::connection_closed(const ConnectionClosed& event) {
  const auto& [session, origin, is_admitted, security_failure, proxy_failure] = event;
  if (!is_admitted)
    log_.write_about(origin, Event::client_connections_exceeded,
                     "Warning: The client has as many connections as a client may, rejecting this one");
  if (!security_failure.empty())
    log_.write_about(origin, Event::tls_failed, "TLS failed: " + std::string(security_failure));
  if (!proxy_failure.empty())
    log_.write_about(origin, Event::proxy_header_refused,
                     "PROXY header refused: " + std::string(proxy_failure));
  const bool began_unlogged = !unlogged_.empty() && unlogged_.erase(origin.connection) > 0;
  if (!settings_.are_written || server_.format != AccessFormat::transfer) return;
  if (began_unlogged && session.requests() == 1) return;
  if (session.timed_out())
    return server_.log->write_about(origin, Event::connection_timeout, "Connection timeout");
  server_.log->write_about(origin, Event::connection_closed,
                           "Connection closed (" + std::to_string(session.requests()) + " requests served)");
}

void ExchangeLog::limit_exceeded(const LimitExceeded& event) {
  log_.write_about(event.origin, Event::http2_limit_exceeded,
                   "Security violation: HTTP/2 limit exceeded (" + std::string(event.limit) + ")");
}

}  // namespace bobbin::server
