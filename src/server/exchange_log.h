#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "observe/access_log.h"
#include "observe/log.h"
#include "server/observer.h"

namespace bobbin::server {

struct ExchangeLogSettings {
  bool are_written = true;
  observe::AccessFormat format = observe::AccessFormat::transfer;
  /// Of exchanges that have succeeded one of so many is written, at least 1; of the others each.
  unsigned sample = 1;
};

/// What one worker says of exchanges and connections that have ended. Thread: the worker's.
class ExchangeLog final : public Observer {
 public:
  /// Where an exchange is written to, and how.
  struct Destination {
    observe::LogWriter* log;
    observe::AccessFormat format;
  };
  /// The logs outlive it. `messages` has what an operator must know (failures and violations) in any case;
  /// `exchanges`, which may be the same, the exchanges, and the logs of `sites` those whose
  /// HandlerLogFields::access_log is 1 and more.
  ExchangeLog(const ExchangeLogSettings& settings, observe::LogWriter& messages,
              observe::LogWriter& exchanges, std::vector<Destination> sites = {});

  [[nodiscard]] bool wants_log_fields() const { return settings_.are_written; }
  void exchange_ended(const ExchangeEnded& event) override;
  void connection_closed(const ConnectionClosed& event) override;
  void limit_exceeded(const LimitExceeded& event) override;

 private:
  /// Whether violations and created files are shown in the entry of the exchange itself.
  [[nodiscard]] bool has_room_for_details(const Destination& destination) const;
  [[nodiscard]] bool is_passed_over(bool has_succeeded);
  [[nodiscard]] const Destination& destination_of(const http::HandlerLogFields& fields) const;

  const ExchangeLogSettings settings_;
  unsigned passed_over_ = 0;  // exchanges that have succeeded since one was written
  observe::LogWriter& log_;
  const Destination server_;
  const std::vector<Destination> sites_;
  // Connections whose first exchange is not logged: neither is their end when there was no other.
  std::set<std::uint64_t> unlogged_;
};

}  // namespace bobbin::server
