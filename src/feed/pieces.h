#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/budget.h"
#include "base/mutex.h"
#include "feed/form.h"

namespace bobbin::feed {

/// A part of what readers are given: some records that follow each other, in one form. Immutable once made.
struct Piece {
  explicit Piece(Budget& budget) : share(budget) {}

  std::string text;        ///< empty: the files of all these records are gone
  std::uint64_t last = 0;  ///< the sequence through which it goes
  Budget::Share share;     ///< of the memory for all pieces
};

/// What a piece depends on.
struct PieceKey {
  Form form = Form::cloud_events;
  bool is_first = true;       ///< see append_record
  std::uint64_t after = 0;    ///< it begins behind this sequence
  std::uint64_t through = 0;  ///< and goes no further than this
  std::string source = {};    ///< see append_record
  friend auto operator<=>(const PieceKey&, const PieceKey&) = default;
};

/// The pieces that readers are being given. Readers who are at the same place, as all are who wait for the
/// next record, share one. Thread: any.
class Pieces {
 public:
  /// Null: it has to be made.
  [[nodiscard]] std::shared_ptr<const Piece> find(const PieceKey& key) EXCLUDES(mutex_);
  void keep(PieceKey key, std::shared_ptr<const Piece> piece) EXCLUDES(mutex_);
  /// Nobody asks for the last one any more.
  void forget_last() EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::map<PieceKey, std::weak_ptr<const Piece>> pieces_ GUARDED_BY(mutex_);
  /// Which readers who come one after the other would have to make again.
  std::shared_ptr<const Piece> last_ GUARDED_BY(mutex_);
};

}  // namespace bobbin::feed
