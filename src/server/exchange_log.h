#pragma once

#include <string>

#include "base/clock.h"
#include "http/session.h"
#include "observe/access_log.h"
#include "observe/log.h"
#include "observe/message.h"

namespace bobbin::server {

/// What one worker says of exchanges and connections that have ended. Thread: the worker's.
class ExchangeLog {
 public:
  /// `log` outlives it. Without `writes_exchanges`, only what an operator must know is said: failures and
  /// violations.
  ExchangeLog(bool writes_exchanges, observe::AccessFormat format, observe::LogWriter& log);

  [[nodiscard]] bool wants_log_fields() const { return writes_exchanges_; }
  /// It has ended `now` and took `duration`.
  void exchange_ended(const http::ExchangeSummary& summary, const observe::Origin& origin, WallTime now,
                      Duration duration);
  void connection_closed(const http::Session& session, const observe::Origin& origin);

 private:
  /// Whether the format shows violations and created files in the entry of the exchange itself.
  [[nodiscard]] bool has_room_for_details() const;

  const bool writes_exchanges_;
  const observe::AccessFormat format_;
  observe::LogWriter& log_;
  std::string lines_;  // of one exchange: kept for its memory
};

}  // namespace bobbin::server
