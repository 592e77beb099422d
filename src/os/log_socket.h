#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// A socket of datagrams that takes the entries of a log: that of the journal or of a syslog daemon. No call
/// but wait_for_room waits. Thread: one at a time.
class LogSocket {
 public:
  /// The path of a Unix socket, or the address of a UDP port.
  using Address = std::variant<std::string, Endpoint>;

  /// A UDP port is reached even where nobody listens: datagrams are lost then.
  [[nodiscard]] static Result<LogSocket> connect(const Address& address);

  /// False when there is no room now. EMSGSIZE when it is larger than a datagram can be.
  [[nodiscard]] Result<bool> send(std::string_view datagram);
  /// The same for what is too large, as the journal takes it: a descriptor of a sealed file in memory
  /// (memfd_create(2)) that has the content. Over a Unix socket only.
  [[nodiscard]] Result<bool> send_as_file(std::string_view content);
  /// Waits until there is room, or an error to be told by the next call, but at most `limit`.
  void wait_for_room(milliseconds limit);

 private:
  explicit LogSocket(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
};

}  // namespace bobbin::os
