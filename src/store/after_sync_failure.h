#pragma once

#include <cstdint>

namespace bobbin::store {

/// What becomes of a store whose disk has failed at a sync.
enum class AfterSyncFailure : std::uint8_t {
  reopen,  ///< it proves itself, and then takes documents again
  stop,    ///< it takes none until the server is restarted
  exit,    ///< the server ends, for a supervisor to restart it
};

}  // namespace bobbin::store
