#pragma once

#include <string>

#include "observe/access_log.h"
#include "observe/log.h"
#include "server/observer.h"

namespace bobbin::server {

/// What one worker says of exchanges and connections that have ended. Thread: the worker's.
class ExchangeLog final : public Observer {
 public:
  /// `log` outlives it. Without `writes_exchanges`, only what an operator must know is said: failures and
  /// violations.
  ExchangeLog(bool writes_exchanges, observe::AccessFormat format, observe::LogWriter& log);

  [[nodiscard]] bool wants_log_fields() const { return writes_exchanges_; }
  void exchange_ended(const ExchangeEnded& event) override;
  void connection_closed(const ConnectionClosed& event) override;
  void limit_exceeded(const LimitExceeded& event) override;

 private:
  /// Whether the format shows violations and created files in the entry of the exchange itself.
  [[nodiscard]] bool has_room_for_details() const;

  const bool writes_exchanges_;
  const observe::AccessFormat format_;
  observe::LogWriter& log_;
  std::string lines_;  // of one exchange: kept for its memory
};

}  // namespace bobbin::server
