#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/budget.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "executor/executor.h"
#include "object_inbox/numbers.h"
#include "object_inbox/place.h"
#include "object_store/location.h"
#include "object_store/objects.h"
#include "observe/log.h"
#include "observe/registry.h"
#include "store/document_name.h"
#include "store/document_store.h"
#include "store/folder_store.h"

namespace bobbin::object_inbox {

/// An inbox whose records are objects of a bucket. A document is acknowledged once the object store has said
/// that it has its record; nothing of it is on this machine. Many nodes may have the same inbox.
///
/// Behind the prefix, each process that has the inbox creates its records in a stream of its own
/// (object_store/stream.h), several at a time, so that a reader can have all of them in order. A document
/// with a key claims the key first: the claim, which is created once whoever asks, says where the record will
/// be. Whoever finds a claim creates that very record if it is not there, since the claim may be that of a
/// node that has died; so there is one record for a key, on however many nodes its document arrives, at any
/// moment.
///
///     no key:  number ─► create STREAM/NUMBER
///     a key:   number ─► create .keys/KEY ─┬─► ours: create STREAM/NUMBER
///                                          └─► another's: create its STREAM/NUMBER, or find it there
///
/// Every object is created with `If-None-Match: *`, so an attempt whose answer was lost is repeated. Thread:
/// any; what waits for the store runs on the executor.
class ObjectInbox final : public store::DocumentStore, public std::enable_shared_from_this<ObjectInbox> {
 public:
  struct Settings {
    std::string name;  ///< as the records say
    std::string node;  ///< [a-z0-9-]{1,64}
    object_store::Location target;
    Duration patience = seconds(30);                  ///< for how long a document is tried again
    std::size_t parallel = 16;                        ///< documents that are being stored at the same time
    std::uint64_t memory_bytes = 64UL * 1024 * 1024;  ///< for content that is not stored yet
    Duration tolerance = seconds(5);  ///< how long the store may not answer before documents are refused
  };

  /// `log`: a writer for this alone. The references outlive it.
  ObjectInbox(Settings settings, std::shared_ptr<object_store::Objects> objects, executor::Executor& executor,
              observe::LogWriter& log, observe::Registry& registry);
  ~ObjectInbox() override;

  /// Whether the store does what has to be relied on. To be called before anything else; waits for the store.
  /// One that does not answer is asked again by tick(), and takes no documents until then. The error is the
  /// end of a sentence: what an operator has to mend.
  [[nodiscard]] Result<void, std::string> prove();

  [[nodiscard]] State state() const override { return is_open_ ? State::open : State::unreachable; }
  [[nodiscard]] store::Draft begin(std::uint64_t announced_bytes) override;
  [[nodiscard]] Budget& memory() override { return memory_; }

  /// Must be called once a second, by one thread: asks a store again that has not answered, and closes
  /// numbers that are not used.
  void tick();
  /// The server stops: what is under way is not tried again.
  void stop() EXCLUDES(mutex_);
  [[nodiscard]] const Settings& settings() const { return settings_; }

  static constexpr observe::Metric kState = store::FolderStore::kStore;
  static constexpr observe::Metric kRequests{"bobbin_object_store_request_seconds",
                                             "Time of a request to the object store, with its answer"};

 private:
  class ContentDraft;
  struct Document {
    std::string content;
    store::Particulars particulars;
    WallTime received;
    crypto::Digest digest{};
  };
  /// How a place is settled.
  enum class Settled : std::uint8_t {
    created,  ///< its record is there now, by this call
    before,   ///< its record was there before
    closed,   ///< it has a tombstone
  };
  using Trouble = object_store::Trouble;

  void submit(std::string content, store::Particulars particulars, store::DraftTarget::Done done);
  [[nodiscard]] store::Outcome store(const Document& document) EXCLUDES(mutex_);
  [[nodiscard]] Result<store::Stored, Trouble> store_anew(const Document& document, Instant deadline,
                                                          bool is_conflict) EXCLUDES(mutex_);
  [[nodiscard]] Result<store::Outcome, Trouble> store_with_key(const Document& document, Instant deadline)
      EXCLUDES(mutex_);
  /// The claim that has the key: ours, or that of somebody who was first.
  [[nodiscard]] Result<Claim, Trouble> claim_key(const std::string& object, const Claim& ours,
                                                 Instant deadline);
  [[nodiscard]] Result<Settled, Trouble> create_record(const Document& document, const Place& place,
                                                       Instant deadline, bool is_conflict);
  [[nodiscard]] Result<Settled, Trouble> close(const Place& place, Instant deadline);
  [[nodiscard]] Result<Settled, Trouble> settle(const Place& place, const std::string& text,
                                                Settled otherwise, Instant deadline);
  [[nodiscard]] std::string record_text(const Document& document, const Place& place, bool is_conflict) const;

  [[nodiscard]] Place next_place(WallTime now) EXCLUDES(mutex_);
  /// What becomes of a number after trouble with it.
  void leave(const Place& place) EXCLUDES(mutex_);
  void give_back(const Place& place) EXCLUDES(mutex_);

  template <typename Call>
  [[nodiscard]] auto keep_trying(Instant deadline, Call call) -> decltype(call());
  void note_answer(Duration time) EXCLUDES(mutex_);
  void note_trouble(const Trouble& trouble, Duration time) EXCLUDES(mutex_);
  [[nodiscard]] bool may_go_on_after(milliseconds pause) EXCLUDES(mutex_);
  void set_open(bool is_open) REQUIRES(mutex_);
  void tell_of_closing(const std::string& reason) REQUIRES(mutex_);
  void tell_of_failure(const Trouble& trouble) EXCLUDES(mutex_);
  void report(const store::Outcome& outcome) EXCLUDES(mutex_);
  void probe() EXCLUDES(mutex_);
  void close_numbers() EXCLUDES(mutex_);
  [[nodiscard]] std::string key_of(std::string_view object) const { return settings_.target.key_of(object); }

  const Settings settings_;
  const std::shared_ptr<object_store::Objects> objects_;
  const std::string stream_;
  executor::Lane& lane_;
  observe::State& reported_state_;
  Budget memory_;
  std::atomic<bool> is_open_ = false;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> is_looking_after_ = false;  // a task of tick() is under way

  Mutex mutex_;
  observe::LogWriter& log_ GUARDED_BY(mutex_);
  observe::Counter& stored_ GUARDED_BY(mutex_);
  observe::Counter& failed_ GUARDED_BY(mutex_);
  observe::Counter& repeated_ GUARDED_BY(mutex_);
  observe::Histogram& requests_ GUARDED_BY(mutex_);
  Numbers numbers_ GUARDED_BY(mutex_);
  store::RecordNames names_ GUARDED_BY(mutex_);
  std::optional<Instant> trouble_since_ GUARDED_BY(mutex_);
  Instant last_answer_ GUARDED_BY(mutex_);  // of the store
  std::string told_ GUARDED_BY(mutex_);     // to the log: why it is closed
  ConditionVariable stopping_;              // notified when the server stops
};

}  // namespace bobbin::object_inbox
