#pragma once

#include <string>
#include <string_view>

#include "observe/log_target.h"

namespace bobbin::observe {

/// Sends each line as a datagram. When the daemon at the other end has been started anew, it is connected to
/// again.
class SocketTarget final : public LogTarget {
 public:
  SocketTarget(LogPlace::Kind kind, os::LogSocket::Address address, os::LogSocket socket)
      : kind_(kind), address_(std::move(address)), socket_(std::move(socket)) {}

  [[nodiscard]] Result<std::size_t> write_some(std::string_view lines) override;
  void wait_for_room(milliseconds limit) override { socket_.wait_for_room(limit); }
  [[nodiscard]] Result<void> reopen() override;

 private:
  [[nodiscard]] Result<bool> send(std::string_view line);
  [[nodiscard]] Result<bool> send_once(std::string_view entry);

  const LogPlace::Kind kind_;
  const os::LogSocket::Address address_;
  os::LogSocket socket_;
  std::string entry_;  // of the journal: kept for its memory
};

}  // namespace bobbin::observe
