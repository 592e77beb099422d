#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/budget.h"
#include "base/bytes.h"
#include "base/move_only_function.h"
#include "base/result.h"
#include "crypto/sha256.h"
#include "store/document_key.h"

// The interface of a store of documents, as a handler sees it. The handler knows neither files nor threads,
// and the store knows nothing of HTTP. The store judges a failure: it logs the cause, decides whether it can
// go on, and tells the handler only what its client must know.
namespace bobbin::store {

/// Why a document was not stored.
struct NotStored {
  enum class Reason : std::uint8_t {
    busy,    ///< too much is under way; the document may be taken later
    closed,  ///< a sync has failed, so no document is taken for now
    /// A document of another content came before with its key: see DocumentKey::OtherContent.
    conflict,
    failed,  ///< this document could not be stored, because of `cause`
    /// The object store does not answer, or not as it should; perhaps the document is there.
    unreachable,
  } reason;
  Error cause = {};
};

/// What a bundle is known by.
struct StoredBundle {
  std::uint64_t documents = 0;       ///< that are new
  std::uint64_t repetitions = 0;     ///< that came before
  std::uint64_t first_sequence = 0;  ///< of the new ones, whose records follow each other; 0: there are none
  std::string first_name = {};       ///< of the file of that record
  friend bool operator==(const StoredBundle&, const StoredBundle&) = default;
};

/// What a stored document is known by.
struct Stored {
  std::string name;            ///< of its file, in the folder of the store
  std::string id = {};         ///< of its record; empty: there is no journal
  std::uint64_t sequence = 0;  ///< likewise; from 1, without a gap
  crypto::Digest digest{};     ///< likewise; SHA-256 of the document
  bool is_repetition = false;  ///< it is the document that came first with this key, and has no name here
  std::optional<StoredBundle> bundle = {};  ///< of a bundle, of which nothing else is said

  /// Whether there is a record that was not there before.
  [[nodiscard]] bool is_new() const { return bundle ? bundle->documents != 0 : !is_repetition; }
};

/// A document of a bundle: several in one draft, of which all are stored or none.
struct Part {
  std::size_t begin = 0;  ///< where it is in the content
  std::size_t size = 0;
  std::optional<DocumentKey> key = {};
};

/// What is known of a document besides its content. For a store of records.
struct Particulars {
  /// What is known of the request: a JSON object, in UTF-8, of at most kLargestRequestBytes; or nothing.
  std::string request = {};
  std::optional<DocumentKey> key = {};
  bool is_binary = false;  ///< the document need be no JSON
  /// The documents, when the content is several; each has a key of its own. See kLargestBundleBytes.
  std::vector<Part> bundle = {};
  static constexpr std::size_t kLargestRequestBytes = 48UL * 1024;

  /// How much of a bundle is taken at once: its content, and for each document the request and kRecordBytes.
  static constexpr std::uint64_t kLargestBundleBytes = 12UL * 1024 * 1024;
  static constexpr std::uint64_t kRecordBytes = 2048;
};

using Outcome = Result<Stored, NotStored>;

/// The interface through which a draft reaches its store. See Draft.
class DraftTarget {
 public:
  enum class Intake : std::uint8_t {
    more,
    wait,     ///< the piece is taken, but no more may be given until when_ready says so
    refused,  ///< the piece is not taken, because the store is busy
  };
  using Done = MoveOnlyFunction<void(Outcome)>;

  virtual ~DraftTarget() = default;
  [[nodiscard]] virtual Intake append(Bytes piece) = 0;
  virtual void when_ready(std::function<void()> ready) = 0;
  virtual void commit(Particulars particulars, Done done) = 0;
  /// Nobody wants the document any more.
  virtual void abandon() = 0;
};

/// One document on its way into the store. When it is destroyed before it was committed, nothing of the
/// document is left. Thread: one at a time.
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

  /// Gives the next bytes. This call never waits for a disk. A failure to store them is told by commit.
  [[nodiscard]] Intake append(Bytes piece) { return target_->append(piece); }
  /// Must be called after append has returned wait. `ready` is called once, by any thread, perhaps at once.
  void when_ready(std::function<void()> ready) { target_->when_ready(std::move(ready)); }
  /// Says that the document is complete; nothing else may be called afterwards. `done` is called exactly
  /// once, by any thread, perhaps before this returns: with a name once the document is on stable storage, or
  /// with the reason why it is not.
  void commit(DraftTarget::Done done) && { std::move(*this).commit({}, std::move(done)); }
  void commit(Particulars particulars, DraftTarget::Done done) && {
    std::exchange(target_, nullptr)->commit(std::move(particulars), std::move(done));
  }

 private:
  std::shared_ptr<DraftTarget> target_;
};

/// Keeps documents. Thread: any.
///
/// A store has one owner, which holds a lock on it (see Folder::own).
class DocumentStore {
 public:
  enum class State : std::uint8_t {
    open,
    occupied,  ///< another server stores here; documents are taken once that server has ended
    full,      ///< there was no space to look after what a crash has left; it is tried again
    closed,    ///< a sync has failed; it may open again (AfterSyncFailure)
    /// The object store does not answer, or not as it should; it is asked again.
    unreachable,
  };

  virtual ~DocumentStore() = default;
  [[nodiscard]] virtual State state() const = 0;
  /// Begins a new document. `announced_bytes` is how large it will be, or 0 where that is not known.
  [[nodiscard]] virtual Draft begin(std::uint64_t announced_bytes) = 0;
  /// Of which drafts take what they keep in memory, and others what it takes to receive a document.
  [[nodiscard]] virtual Budget& memory() = 0;
};

}  // namespace bobbin::store
