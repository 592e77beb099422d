#pragma once

#include <memory>

#include "store/document.h"

namespace bobbin::store {

/// Takes the documents of a store that has given its folder up. Thread: any.
class Successor {
 public:
  virtual ~Successor() = default;
  /// `done` is called exactly once, by any thread: as that of Draft::commit, with what the new owner of the
  /// folder has made of the document.
  virtual void take(std::shared_ptr<Document> document, Document::Done done) = 0;
};

}  // namespace bobbin::store
