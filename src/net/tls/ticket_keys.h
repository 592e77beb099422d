#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"

namespace bobbin::net::tls {

/// One key for session tickets, in the order in which nginx keeps them in a file, too.
struct TicketKey {
  std::array<unsigned char, 16> name;
  std::array<unsigned char, 32> mac;     ///< HMAC with SHA-256
  std::array<unsigned char, 32> cipher;  ///< AES-256
  static constexpr std::size_t kBytes = 16 + 32 + 32;
};

/// With these the tickets are sealed by which a client resumes its session (RFC 5077, RFC 8446 §4.6.1). The
/// first key seals, all of them open. Who has a key can read what was said under its tickets with TLS 1.2, so
/// keys are kept in memory and replaced often. Thread: any.
class TicketKeys {
 public:
  /// One random key.
  TicketKeys();

  /// Puts a random key in front, and keeps the two that were there before.
  void rotate() EXCLUDES(mutex_);
  void replace(std::vector<TicketKey> keys) EXCLUDES(mutex_);
  /// Of a file for several servers: one key or more, each TicketKey::kBytes long. Nothing when it is of any
  /// other length.
  [[nodiscard]] static std::optional<std::vector<TicketKey>> parse(const std::string& content);

  [[nodiscard]] TicketKey sealing() const EXCLUDES(mutex_);
  struct Opening {
    TicketKey key;
    bool is_old;  ///< it seals no more: the client should be given a new ticket
  };
  [[nodiscard]] std::optional<Opening> opening(std::span<const unsigned char, 16> name) const
      EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::vector<TicketKey> keys_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::net::tls
