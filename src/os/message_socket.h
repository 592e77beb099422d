#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"

namespace bobbin::os {

/// What one process tells another one of this machine, with the descriptors that go with it (SCM_RIGHTS,
/// unix(7)).
struct Message {
  std::string text;
  std::vector<Fd> descriptors = {};
};

/// One of two sockets that are connected to each other, and keep the bounds of messages (SOCK_SEQPACKET).
/// Thread: several may send; one at a time receives.
class MessageSocket {
 public:
  static constexpr std::size_t kLargestText = 65'536;  ///< bytes
  static constexpr std::size_t kMostDescriptors = 4;   ///< with one message

  explicit MessageSocket(Fd fd) : fd_(std::move(fd)) {}
  [[nodiscard]] static Result<std::pair<MessageSocket, MessageSocket>> pair();

  /// Waits until there is room. EPIPE: the other end is closed.
  [[nodiscard]] Result<void> send(std::string_view text, std::span<const int> descriptors = {}) const;
  /// The next message. Nothing: the other end is closed. EAGAIN: there was none within `limit`; EMSGSIZE: it
  /// was larger than one may be.
  [[nodiscard]] Result<std::optional<Message>> receive(milliseconds limit) const;

  /// Whether the other end is closed. What it has sent before can still be received.
  [[nodiscard]] bool is_ended() const;

  [[nodiscard]] const Fd& fd() const { return fd_; }
  void close() { fd_.close(); }

 private:
  Fd fd_;
};

}  // namespace bobbin::os
