#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "observe/registry.h"

namespace bobbin::admin {

/// A reason why the server should be sent no more work.
struct Obstacle {
  enum class Kind : std::uint8_t {
    draining,  ///< it stops, or a successor takes over
    store,     ///< a folder of documents takes none
    disk,      ///< an inbox has less free space than its min_free
    bucket,    ///< a bucket that is served has never been listed
  };
  Kind kind;
  std::string subject;  ///< the labels of the folder or the inbox; empty where there is none
  std::string state;    ///< in which that is; likewise

  /// "draining", "store_closed", "store_full", "store_occupied", "disk_low", "bucket_unlisted".
  [[nodiscard]] std::string name() const;
};

/// Whether the server would take work. Thread: any.
class Health {
 public:
  /// `registry` outlives it: what stores and inboxes say of themselves stands there.
  explicit Health(const observe::Registry& registry) : registry_(registry) {}

  /// From now on the server is not ready.
  void begin_draining() { is_draining_ = true; }
  /// Why the server is not ready; none: it is.
  [[nodiscard]] std::vector<Obstacle> obstacles() const;

 private:
  const observe::Registry& registry_;
  std::atomic<bool> is_draining_ = false;
};

}  // namespace bobbin::admin
