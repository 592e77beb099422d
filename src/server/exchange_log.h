#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "observe/access_log.h"
#include "observe/log.h"
#include "server/observer.h"

namespace bobbin::server {

/// What one worker says of exchanges and connections that have ended. Thread: the worker's.
class ExchangeLog final : public Observer {
 public:
  /// Where an exchange is written to, and how.
  struct Destination {
    observe::LogWriter* log;
    observe::AccessFormat format;
  };
  /// `log` and the logs of `sites` outlive it: those have the exchanges whose HandlerLogFields::access_log is
  /// 1 and more. What an operator must know (failures and violations) is said in `log` in any case; nothing
  /// else without `writes_exchanges`.
  ExchangeLog(bool writes_exchanges, observe::AccessFormat format, observe::LogWriter& log,
              std::vector<Destination> sites = {});

  [[nodiscard]] bool wants_log_fields() const { return writes_exchanges_; }
  void exchange_ended(const ExchangeEnded& event) override;
  void connection_closed(const ConnectionClosed& event) override;
  void limit_exceeded(const LimitExceeded& event) override;

 private:
  /// Whether violations and created files are shown in the entry of the exchange itself.
  [[nodiscard]] bool has_room_for_details(const Destination& destination) const;
  [[nodiscard]] const Destination& destination_of(const http::HandlerLogFields& fields) const;

  const bool writes_exchanges_;
  observe::LogWriter& log_;
  const Destination server_;
  const std::vector<Destination> sites_;
  std::string lines_;  // of one exchange: kept for its memory
  // Connections whose first exchange is not logged: neither is their end when there was no other.
  std::set<std::uint64_t> unlogged_;
};

}  // namespace bobbin::server
