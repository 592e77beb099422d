#pragma once

#include <optional>
#include <utility>

#include "base/network.h"
#include "http/filter.h"

namespace bobbin::http::filters {

/// Lets clients in by their address: 403 for the others (RFC 9110 §15.5.4). Thread: any.
class ClientAddresses final : public Filter {
 public:
  /// `allowed`: when it is empty, everybody. `denied` goes before it.
  ClientAddresses(Networks allowed, Networks denied)
      : allowed_(std::move(allowed)), denied_(std::move(denied)) {}

  std::optional<Begin> before(const Request& request) const override {
    const bool is_allowed = allowed_.empty() || contains(allowed_, request.client);
    if (is_allowed && !contains(denied_, request.client)) return std::nullopt;
    request.note("access", {"the address ", request.client.address_text(),
                            is_allowed ? " is denied" : " is none of those that are allowed"});
    Response response = Response::error(Status::forbidden, "Clients at this address are not let in here.");
    response.log_fields.refused = Refused::address;
    return response;
  }

 private:
  Networks allowed_;
  Networks denied_;
};

}  // namespace bobbin::http::filters
