#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "object_store/objects.h"

namespace bobbin::inbox {

/// Why no more is taken out of a folder of a bucket for now. The reason is the end of a sentence, printable.
struct Obstacle {
  enum class Kind : std::uint8_t {
    store,   ///< it may pass, or an operator will mend it
    record,  ///< it is not whole
    fatal,   ///< nothing more can be taken at all: the reason is a message
    told,    ///< this process was told to end
  } kind;
  std::string reason = {};
  milliseconds shortest_pause = milliseconds(0);
};
[[nodiscard]] Obstacle obstacle_of(const object_store::Trouble& trouble);
[[nodiscard]] Obstacle fatal_obstacle(const std::string& message);
/// The object of this key is not whole. `problem` continues a sentence.
[[nodiscard]] Obstacle not_whole(const std::string& key, const std::string& problem);

}  // namespace bobbin::inbox
