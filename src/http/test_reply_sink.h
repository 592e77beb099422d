#pragma once

#include "http/handler.h"

namespace bobbin::http {

/// For tests that ask again by themselves: nobody waits for what is answered or resumed later.
class NobodyWaits final : public ReplySink {
  void deliver(ConnectionId, ExchangeId, Response) override {}
  void resume(ConnectionId, ExchangeId) override {}
};

}  // namespace bobbin::http
