#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace bobbin::object_store {

/// Why something was not done, or is not known to be.
struct Trouble {
  enum class Kind : std::uint8_t {
    unavailable,  ///< of the store, or of the way there, which may pass; perhaps it was done
    refused,      ///< an operator has to mend it: the bucket, the credentials or their rights
    impossible,   ///< this object cannot be stored there
    aborted,
  } kind;
  std::string reason;                             ///< the end of a sentence, printable
  milliseconds shortest_pause = milliseconds(0);  ///< what the store asks for
};

enum class Created : std::uint8_t {
  now,
  before,  ///< there is an object of this key already, whatever it holds
};

/// The objects of one bucket. Each call waits for the store, for a bounded time.
class Objects {
 public:
  virtual ~Objects() = default;
  /// Stores an object unless there is one of this key, by `If-None-Match: *`. When it fails because the store
  /// is unavailable, the object may be there; to create it again tells.
  [[nodiscard]] virtual Result<Created, Trouble> create(std::string_view key, std::string_view content,
                                                        std::string_view media_type) = 0;
  /// The content of an object. Nothing: there is none. One of more than `most_bytes` may be cut off, but not
  /// so much that it has no more than that.
  [[nodiscard]] virtual Result<std::optional<std::string>, Trouble> read(std::string_view key,
                                                                         std::size_t most_bytes) = 0;
};

}  // namespace bobbin::object_store
