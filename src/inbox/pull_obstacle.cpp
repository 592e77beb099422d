#include "inbox/pull_obstacle.h"

#include <fmt/format.h>

#include "inbox/store_trouble.h"
#include "inbox/text.h"

namespace bobbin::inbox {

Obstacle obstacle_of(const object_store::Trouble& trouble) {
  const bool is_told = trouble.kind == object_store::Trouble::Kind::aborted;
  return {.kind = is_told ? Obstacle::Kind::told : Obstacle::Kind::store,
          .reason = trouble.reason,
          .shortest_pause = believed_pause(trouble)};
}

Obstacle fatal_obstacle(const std::string& message) {
  return {.kind = Obstacle::Kind::fatal, .reason = message};
}

Obstacle not_whole(const std::string& key, const std::string& problem) {
  return {.kind = Obstacle::Kind::record,
          .reason = fmt::format("{} is not whole: {}", printable(key), problem)};
}

}  // namespace bobbin::inbox
