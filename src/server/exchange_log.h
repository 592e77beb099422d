#pragma once

#include <string>
#include <vector>

#include "observe/access_log.h"
#include "observe/log.h"
#include "server/observer.h"

namespace bobbin::server {

/// What one worker says of exchanges and connections that have ended. Thread: the worker's.
class ExchangeLog final : public Observer {
 public:
  /// `log` and `site_logs` outlive it: those have the exchanges whose HandlerLogFields::access_log is 1 and
  /// more. What an operator must know (failures and violations) is said in `log` in any case; nothing else
  /// without `writes_exchanges`.
  ExchangeLog(bool writes_exchanges, observe::AccessFormat format, observe::LogWriter& log,
              std::vector<observe::LogWriter*> site_logs = {});

  [[nodiscard]] bool wants_log_fields() const { return writes_exchanges_; }
  void exchange_ended(const ExchangeEnded& event) override;
  void connection_closed(const ConnectionClosed& event) override;
  void limit_exceeded(const LimitExceeded& event) override;

 private:
  /// Whether the format shows violations and created files in the entry of the exchange itself.
  [[nodiscard]] bool has_room_for_details() const;
  [[nodiscard]] observe::LogWriter& log_of(const http::HandlerLogFields& fields) const;

  const bool writes_exchanges_;
  const observe::AccessFormat format_;
  observe::LogWriter& log_;
  const std::vector<observe::LogWriter*> site_logs_;
  std::string lines_;  // of one exchange: kept for its memory
};

}  // namespace bobbin::server
