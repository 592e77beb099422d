#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/result.h"
#include "inbox/consumer.h"
#include "inbox/stop_signals.h"

// What a worker does with the records that it claims: see worker.h for when, how often and what becomes of
// them.
namespace bobbin::inbox {

// How an attempt has ended. A reason is a sentence for the operator, without a full stop and printable.

struct Succeeded {};
/// Another attempt may succeed.
struct Failed {
  std::string reason;
  milliseconds shortest_pause{0};  ///< until the next one, where the schedule has a shorter pause
};
/// No attempt will succeed: the record is at fault.
struct Hopeless {
  std::string reason;
};
/// The worker has been told to end, and this has ended the attempt.
struct Interrupted {
  std::string reason;
};
/// Not the record is at fault, but the worker, which ends.
struct Unable {
  std::string what;    ///< the beginning of a sentence, such as "\"deploy\" cannot be started"
  std::string reason;  ///< why
};
using Outcome = std::variant<Succeeded, Failed, Hopeless, Interrupted, Unable>;

/// What is to be done with one claimed file, in steps that are taken one after the other.
class Job {
 public:
  virtual ~Job() = default;
  /// At least one.
  [[nodiscard]] virtual std::size_t steps() const = 0;
  /// Which of several steps this one is, from 0: "record 17 (ID)".
  [[nodiscard]] virtual std::string name_of(std::size_t step) const = 0;
  /// Attempts a step; `number`: how often it has been attempted, this time included. The error is a message
  /// that ends the worker, and the claim stays where it is.
  [[nodiscard]] virtual Result<Outcome, std::string> attempt(std::size_t step, std::size_t number,
                                                             StopSignals& stop) = 0;
};

/// Makes a job of each claimed file.
class Handling {
 public:
  virtual ~Handling() = default;
  /// The job refers to `claimed` and to this object. The error is a message that ends the worker.
  [[nodiscard]] virtual Result<std::unique_ptr<Job>, std::string> begin(const ClaimedRecord& claimed) = 0;
};

}  // namespace bobbin::inbox
