#include "admin/health.h"

#include "files/contents.h"
#include "store/folder_store.h"
#include "store/room.h"

namespace bobbin::admin {

std::string Obstacle::name() const {
  switch (kind) {
    case Kind::draining: return "draining";
    case Kind::store: return "store_" + state;
    case Kind::disk: return "disk_low";
    case Kind::bucket: return "bucket_unlisted";
  }
  return {};
}

std::vector<Obstacle> Health::obstacles() const {
  std::vector<Obstacle> obstacles;
  if (is_draining_) obstacles.push_back({.kind = Obstacle::Kind::draining, .subject = {}, .state = {}});
  for (auto& [name, labels, text] : registry_.states()) {
    if (name == store::FolderStore::kStore.name && !text.empty() && text != "open")
      obstacles.push_back({Obstacle::Kind::store, std::move(labels), std::move(text)});
    else if (name == store::Room::kRoom.name && text == "disk")
      obstacles.push_back({Obstacle::Kind::disk, std::move(labels), std::move(text)});
    else if (name == files::Contents::kState.name && text == "unlisted")
      obstacles.push_back({Obstacle::Kind::bucket, std::move(labels), std::move(text)});
  }
  return obstacles;
}

}  // namespace bobbin::admin
