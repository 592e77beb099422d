#pragma once

#include <cstdint>
#include <utility>

#include "http/handler.h"

namespace bobbin::http {

/// Reads the content of a request that was answered from its head alone, then gives that answer.
class Discarding final : public Exchange {
 public:
  explicit Discarding(Response response) : response_(std::move(response)) {}
  Intake content(Bytes) override { return Accepted{}; }
  Reply complete(ReplyLater later) override {
    std::move(later).forget();
    return std::move(response_);
  }

 private:
  Response response_;
};

/// Whether the content should be read before the answer is given, so that the client is not interrupted. A
/// client that waits for 100 Continue has not sent its content, and an error tells it not to (RFC 9110
/// §10.1.1).
[[nodiscard]] inline bool is_worth_discarding(const RequestHead& head, std::uint64_t limit_bytes) {
  return head.framing.kind == ContentFraming::Kind::length && head.framing.length_bytes <= limit_bytes &&
         !head.expects_continue;
}

}  // namespace bobbin::http
