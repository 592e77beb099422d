#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/move_only_function.h"
#include "base/result.h"

// Where documents are kept, as a handler sees it. The handler knows neither files nor threads; the store
// knows nothing of HTTP. A failure is the store's to judge: it logs the cause, decides whether it can go on,
// and tells the handler only what its client must know.
namespace bobbin::store {

/// Why a document was not stored.
struct NotStored {
  enum class Reason : std::uint8_t {
    busy,    ///< too much is under way; later it may be taken
    closed,  ///< none is taken until a restart: a sync has failed
    failed,  ///< this one could not be stored: `cause`
  } reason;
  Error cause = {};
};

/// The name of a stored document, or why it is not stored.
using Outcome = Result<std::string, NotStored>;

/// What a store does for one document on its way. See Draft.
class DraftTarget {
 public:
  enum class Intake : std::uint8_t {
    more,
    wait,     ///< taken; but give no more until when_ready says so
    refused,  ///< not taken: the store is busy
  };
  using Done = MoveOnlyFunction<void(Outcome)>;

  virtual ~DraftTarget() = default;
  [[nodiscard]] virtual Intake append(Bytes piece) = 0;
  virtual void when_ready(std::function<void()> ready) = 0;
  virtual void commit(Done done) = 0;
  /// Nobody wants the document any more.
  virtual void abandon() = 0;
};

/// One document on its way into the store. Dropped before it is committed, nothing of it is left. Thread: one
/// at a time.
class Draft {
 public:
  using Intake = DraftTarget::Intake;

  explicit Draft(std::shared_ptr<DraftTarget> target) : target_(std::move(target)) {}
  Draft(Draft&&) = default;
  Draft& operator=(Draft&& other) noexcept {
    std::swap(target_, other.target_);
    return *this;
  }
  ~Draft() {
    if (target_) target_->abandon();
  }

  /// The next bytes. Never waits for a disk. A failure to store them is told at the end, by commit.
  [[nodiscard]] Intake append(Bytes piece) { return target_->append(piece); }
  /// After wait: `ready` is called once, by any thread, perhaps before this returns.
  void when_ready(std::function<void()> ready) { target_->when_ready(std::move(ready)); }
  /// The document is complete, and this object is done with. `done` is called exactly once, by any thread,
  /// perhaps before this returns: with a name once content and name are on stable storage.
  void commit(DraftTarget::Done done) && { std::exchange(target_, nullptr)->commit(std::move(done)); }

 private:
  std::shared_ptr<DraftTarget> target_;
};

/// Keeps documents. Thread: any.
///
/// A store has one owner, which holds a lock on it (see Folder::own). The lock belongs to an open file, so a
/// later server can hand it to its successor together with what is under way.
class DocumentStore {
 public:
  enum class State : std::uint8_t {
    open,
    occupied,  ///< another server stores here; taken once that has ended
    closed,    ///< no document is taken until a restart
  };

  virtual ~DocumentStore() = default;
  [[nodiscard]] virtual State state() const = 0;
  /// A new document. `announced_bytes`: how large it will be, where that is known; 0 where it is not.
  [[nodiscard]] virtual Draft begin(std::uint64_t announced_bytes) = 0;
};

}  // namespace bobbin::store
