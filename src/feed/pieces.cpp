#include "feed/pieces.h"

namespace bobbin::feed {

std::shared_ptr<const Piece> Pieces::find(const PieceKey& key) {
  const Lock lock(mutex_);
  const auto found = pieces_.find(key);
  return found == pieces_.end() ? nullptr : found->second.lock();
}

void Pieces::keep(PieceKey key, std::shared_ptr<const Piece> piece) {
  const Lock lock(mutex_);
  std::erase_if(pieces_, [](const auto& each) { return each.second.expired(); });
  pieces_[std::move(key)] = piece;
  last_.swap(piece);
}

void Pieces::forget_last() {
  std::shared_ptr<const Piece> last;
  const Lock lock(mutex_);
  last_.swap(last);
}

}  // namespace bobbin::feed
