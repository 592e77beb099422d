#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "auth/password_file.h"
#include "base/endpoint.h"
#include "executor/executor.h"
#include "http/authorization.h"
#include "http/handler.h"

namespace bobbin::auth {

/// The lane on which passwords are verified: as many at the same time as half of the CPUs, so that a crowd
/// with passwords leaves the other half to the workers.
[[nodiscard]] executor::Lane& password_lane(executor::Executor& executor);

/// Verifies passwords, which is slow by design, away from the workers, and remembers what it has found: which
/// credentials are right, and which were wrong lately. It keeps no password, but a digest with a key that is
/// its own and random.
///
/// Whoever waits is served in turns: the first credentials of every client go before the second ones of any.
/// So a client that guesses delays itself. Thread: any.
class PasswordChecker {
 public:
  static constexpr std::size_t kMostWaiting = 64;         ///< credentials that are being verified
  static constexpr std::size_t kMostWaitingOfClient = 8;  ///< of them, those of one client
  static constexpr std::size_t kRemembered = 4096;        ///< right ones; and as many wrong ones

  /// The executor of `lane` outlives this object.
  PasswordChecker(PasswordFile file, executor::Lane& lane);
  ~PasswordChecker();
  PasswordChecker(const PasswordChecker&) = delete;
  PasswordChecker& operator=(const PasswordChecker&) = delete;

  enum class Verdict : std::uint8_t {
    right,
    wrong,
    not_known_yet,   ///< `resume` is called once it is, and then this must be asked again
    busy,            ///< too many are being verified
    client_is_busy,  ///< too many of this client are being verified
  };
  [[nodiscard]] Verdict check(const http::BasicCredentials& credentials, const Endpoint& client,
                              const http::Resume& resume) const;

 private:
  class State;
  std::shared_ptr<State> state_;  // which tasks hold too
};

}  // namespace bobbin::auth
