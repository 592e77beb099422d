#pragma once

#include <optional>
#include <string>
#include <utility>

#include "http/filter.h"

namespace bobbin::http::filters {

/// Sends requests on to the scheme, the host and the port under which they should have been made: 308, so
/// that the method stays (RFC 9110 §15.4.9). The router has seen before that the host is one of ours, and the
/// canonical host is the operator's: nobody is sent elsewhere. Thread: any (immutable).
class CanonicalOrigin final : public Filter {
 public:
  /// `host`: the one name under which the site wants to be asked, as Authority has it; empty: any. Who asks
  /// for an address, or for localhost, is not sent on to it.
  /// `exempt`: paths beneath this one are answered where they are asked for; empty: none.
  CanonicalOrigin(std::string host, std::string exempt)
      : host_(std::move(host)), exempt_(std::move(exempt)) {}

  [[nodiscard]] std::optional<Begin> before(const Request& request) const override;

 private:
  std::string host_;
  std::string exempt_;
};

}  // namespace bobbin::http::filters
