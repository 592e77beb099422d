#include "object_inbox/object_inbox.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <span>
#include <utility>

#include "base/utc_time.h"
#include "crypto/sha256.h"
#include "journal/entry.h"
#include "object_store/probe.h"
#include "object_store/stream.h"
#include "os/random.h"
#include "store/upload.h"

namespace bobbin::object_inbox {
namespace {

using object_store::Created;
using observe::Event;
using store::NotStored;
using store::Stored;

constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{2000};
/// However long the store asks for: the document is answered once its time is up.
constexpr milliseconds kMostPause{5000};
constexpr std::size_t kWaiting = 4096;  // documents
constexpr std::string_view kMediaType = "application/json";
/// Enough to tell a record from a tombstone.
constexpr std::size_t kBeginning = journal::kRecordPositionBytes;
constexpr std::size_t kMostClaimBytes = 1024;

/// Between half of it and all of it, so that those who have failed together do not try again together.
milliseconds spread(milliseconds pause) {
  std::array<std::byte, 1> random{};
  os::fill_random(random);
  return pause / 2 + pause * std::to_integer<int>(random[0]) / 512;
}

Stored stored_at(const Place& place, const crypto::Digest& digest) {
  return {.name = place.object(), .id = place.id, .sequence = place.number, .digest = digest};
}

/// Answered as the first time.
Stored repetition_of(const Claim& claim) {
  Stored stored = stored_at(claim.place, claim.digest);
  stored.name.clear();
  stored.is_repetition = true;
  return stored;
}

/// Said of an object that was just there.
object_store::Trouble contradiction(const std::string& key) {
  return {.kind = object_store::Trouble::Kind::unavailable,
          .reason = fmt::format("the store said that {} exists, and then that it does not", key)};
}

object_store::Trouble too_late() {
  return {.kind = object_store::Trouble::Kind::unavailable, .reason = "it took too long"};
}

store::Outcome not_stored(NotStored::Reason reason) { return failure(NotStored{.reason = reason}); }

}  // namespace

/// A document that is being received.
class ObjectInbox::ContentDraft final : public store::DraftTarget {
 public:
  explicit ContentDraft(std::shared_ptr<ObjectInbox> inbox)
      : inbox_(std::move(inbox)), memory_(std::make_shared<Budget::Share>(inbox_->memory_)) {}

  Intake append(Bytes piece) override {
    if (!memory_->take(piece.size())) return Intake::refused;
    content_.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return Intake::more;
  }
  void when_ready(std::function<void()> ready) override { ready(); }
  void commit(store::Particulars particulars, Done done) override {
    // The memory is given back before anybody is told.
    inbox_->submit(std::move(content_), std::move(particulars),
                   [memory = std::move(memory_), done = std::move(done)](store::Outcome outcome) mutable {
                     memory.reset();
                     std::move(done)(std::move(outcome));
                   });
  }
  void abandon() override {}

 private:
  const std::shared_ptr<ObjectInbox> inbox_;
  std::shared_ptr<Budget::Share> memory_;
  std::string content_;
};

ObjectInbox::ObjectInbox(Settings settings, std::shared_ptr<object_store::Objects> objects,
                         executor::Executor& executor, observe::LogWriter& log, observe::Registry& registry)
    : settings_(std::move(settings)),
      objects_(std::move(objects)),
      stream_(fmt::format("{}.{}-{}", settings_.node, utc_name(wall_now()), store::random_text())),
      lane_(executor.lane(0, "object",
                          {.parallel = settings_.parallel, .waiting = kWaiting, .runs_at_shut_down = true})),
      reported_state_(registry.state(kState, observe::label("folder", settings_.target.text()))),
      memory_(settings_.memory_bytes),
      log_(log),
      stored_(
          registry.counter(store::UploadReport::kStored, observe::label("folder", settings_.target.text()))),
      failed_(
          registry.counter(store::UploadReport::kFailed, observe::label("folder", settings_.target.text()))),
      repeated_(registry.counter(store::UploadReport::kRepeated,
                                 observe::label("folder", settings_.target.text()))),
      requests_(registry.histogram(kRequests, observe::kLatencyBuckets,
                                   observe::label("folder", settings_.target.text()))) {
  reported_state_.set("unreachable");
}

ObjectInbox::~ObjectInbox() { reported_state_.set({}); }

Result<void, std::string> ObjectInbox::prove() {
  const auto fault = object_store::fault_of_store(*objects_, settings_.target);
  if (fault && !fault->empty()) return failure(*fault);
  const Lock lock(mutex_);
  if (fault) {
    set_open(true);
    return {};
  }
  if (fault.error().kind != Trouble::Kind::unavailable) return failure(fault.error().reason);
  tell_of_closing(fault.error().reason);
  return {};
}

store::Draft ObjectInbox::begin(std::uint64_t) {
  return store::Draft(std::make_shared<ContentDraft>(shared_from_this()));
}

void ObjectInbox::submit(std::string content, store::Particulars particulars, store::DraftTarget::Done done) {
  struct Submission {
    Document document;
    store::DraftTarget::Done done;
  };
  // Held by the task alone: one that is refused still tells its client.
  auto submission =
      std::make_shared<Submission>(Submission{.document = {.content = std::move(content),
                                                           .particulars = std::move(particulars),
                                                           .received = wall_now()},
                                              .done = std::move(done)});
  const bool runs = lane_.run([self = shared_from_this(), submission] {
    Document& document = submission->document;
    document.digest = crypto::sha256(document.content);
    auto outcome = self->store(document);
    self->report(outcome);
    std::move(submission->done)(std::move(outcome));
  });
  if (!runs) std::move(submission->done)(not_stored(NotStored::Reason::busy));
}

// ---- where a document is kept; on threads of the executor ----

store::Outcome ObjectInbox::store(const Document& document) {
  if (!is_open_) return not_stored(NotStored::Reason::unreachable);
  const Instant deadline = monotonic_now() + settings_.patience;
  auto outcome = [&]() -> Result<store::Outcome, Trouble> {
    if (document.particulars.key) return store_with_key(document, deadline);
    return store::Outcome(TRY(store_anew(document, deadline, false)));
  }();
  if (outcome) return *std::move(outcome);
  if (outcome.error().kind != Trouble::Kind::impossible) return not_stored(NotStored::Reason::unreachable);
  tell_of_failure(outcome.error());
  return failure(NotStored{.reason = NotStored::Reason::failed, .cause = {EFBIG, "object store"}});
}

Result<Stored, ObjectInbox::Trouble> ObjectInbox::store_anew(const Document& document, Instant deadline,
                                                             bool is_conflict) {
  do {
    const Place place = next_place(document.received);
    const auto settled = create_record(document, place, deadline, is_conflict);
    if (!settled) {
      leave(place);
      return failure(settled.error());
    }
    // A reader that had waited too long has closed the number.
    if (*settled != Settled::closed) return stored_at(place, document.digest);
  } while (monotonic_now() < deadline);
  return failure(too_late());
}

Result<store::Outcome, ObjectInbox::Trouble> ObjectInbox::store_with_key(const Document& document,
                                                                         Instant deadline) {
  using OtherContent = store::DocumentKey::OtherContent;
  const store::DocumentKey& key = *document.particulars.key;
  unsigned generation = 0;
  do {
    ++generation;
    const Claim ours{.place = next_place(document.received), .digest = document.digest};
    const auto held = claim_key(claim_object(key.digest, generation), ours, deadline);
    if (!held) {
      leave(ours.place);
      return failure(held.error());
    }
    const bool is_ours = *held == ours;
    if (!is_ours) give_back(ours.place);
    const bool is_same = held->digest == document.digest;
    // A claim leads to its own document, or to none. Without asking first what is there: a store may refuse
    // to say that there is nothing.
    const auto settled =
        is_same ? create_record(document, held->place, deadline, false) : close(held->place, deadline);
    if (!settled) {
      if (is_ours) leave(ours.place);
      return failure(settled.error());
    }
    if (*settled == Settled::closed) continue;
    if (is_ours || *settled == Settled::created)
      return store::Outcome(stored_at(held->place, document.digest));
    if (is_same || key.other_content == OtherContent::ignored) return store::Outcome(repetition_of(*held));
    if (key.other_content == OtherContent::refused) return not_stored(NotStored::Reason::conflict);
    return store::Outcome(TRY(store_anew(document, deadline, true)));
  } while (monotonic_now() < deadline);
  return failure(too_late());
}

Result<Claim, ObjectInbox::Trouble> ObjectInbox::claim_key(const std::string& object, const Claim& ours,
                                                           Instant deadline) {
  const std::string key = key_of(object);
  const std::string text = text_of(ours);
  return keep_trying(deadline, [&]() -> Result<Claim, Trouble> {
    if (TRY(objects_->create(key, text, kMediaType)) == Created::now) return ours;
    const auto content = TRY(objects_->read(key, kMostClaimBytes));
    if (!content) return failure(contradiction(key));
    if (auto claim = parse_claim(*content)) return *std::move(claim);
    return failure(Trouble{.kind = Trouble::Kind::impossible,
                           .reason = fmt::format("{} is there, and is no claim of a key", key)});
  });
}

Result<ObjectInbox::Settled, ObjectInbox::Trouble> ObjectInbox::create_record(const Document& document,
                                                                              const Place& place,
                                                                              Instant deadline,
                                                                              bool is_conflict) {
  return settle(place, record_text(document, place, is_conflict), Settled::created, deadline);
}

Result<ObjectInbox::Settled, ObjectInbox::Trouble> ObjectInbox::close(const Place& place, Instant deadline) {
  return settle(place, object_store::tombstone(object_store::number_name(place.number)), Settled::closed,
                deadline);
}

/// Creates what settles the place, unless something has done so before.
Result<ObjectInbox::Settled, ObjectInbox::Trouble> ObjectInbox::settle(const Place& place,
                                                                       const std::string& text,
                                                                       Settled otherwise, Instant deadline) {
  const std::string key = key_of(place.object());
  return keep_trying(deadline, [&]() -> Result<Settled, Trouble> {
    if (TRY(objects_->create(key, text, kMediaType)) == Created::now) return otherwise;
    const auto content = TRY(objects_->read(key, kBeginning));
    if (!content) return failure(contradiction(key));
    if (object_store::is_tombstone(*content)) return Settled::closed;
    const auto position =
        journal::position_of_record(std::string_view(*content).substr(0, journal::kRecordPositionBytes));
    if (position && position->epoch == place.stream && position->sequence == place.number)
      return Settled::before;
    return failure(Trouble{.kind = Trouble::Kind::impossible,
                           .reason = fmt::format("{} is there, and is no record of this inbox", key)});
  });
}

std::string ObjectInbox::record_text(const Document& document, const Place& place, bool is_conflict) const {
  const store::Particulars& particulars = document.particulars;
  journal::Record record{.sequence = place.number,
                         .id = place.id,
                         .inbox = settings_.name,
                         .received = document.received,
                         .name = place.name,
                         .size_bytes = document.content.size(),
                         .digest = document.digest,
                         .is_binary = particulars.is_binary,
                         .is_whole_file = true,
                         .is_conflict = is_conflict,
                         .request = particulars.request};
  if (particulars.key) record.key = particulars.key->digest;
  std::string text;
  static_cast<void>(
      journal::append_entry(text, {.epoch = place.stream, .content = std::move(record)}, document.content));
  text.erase(0, 1);  // journal::kEntryBegin, which the file of a record does not have
  return text;
}

// ---- numbers ----

Place ObjectInbox::next_place(WallTime now) {
  std::string id = store::random_text();
  const Lock lock(mutex_);
  std::string name = names_.next(now, id);
  return {.stream = stream_, .number = numbers_.take(), .id = std::move(id), .name = std::move(name)};
}

void ObjectInbox::leave(const Place& place) {
  const Lock lock(mutex_);
  numbers_.leave(place.number);
}

void ObjectInbox::give_back(const Place& place) {
  const Lock lock(mutex_);
  numbers_.give_back(place.number);
}

// ---- how the store is ----

template <typename Call>
auto ObjectInbox::keep_trying(Instant deadline, Call call) -> decltype(call()) {
  milliseconds pause = kFirstPause;
  while (true) {
    const Instant begun = monotonic_now();
    auto result = call();
    const Instant ended = monotonic_now();
    if (result) {
      note_answer(ended - begun);
      return result;
    }
    const Trouble& trouble = result.error();
    note_trouble(trouble, ended - begun);
    const milliseconds wait = std::min(std::max(spread(pause), trouble.shortest_pause), kMostPause);
    if (trouble.kind != Trouble::Kind::unavailable || ended + wait >= deadline) return result;
    if (!may_go_on_after(wait)) return result;
    pause = std::min(2 * pause, kLongestPause);
  }
}

/// Waits. False: the server stops meanwhile.
bool ObjectInbox::may_go_on_after(milliseconds pause) {
  const Instant end = monotonic_now() + pause;
  const Lock lock(mutex_);
  for (Instant now = monotonic_now(); now < end && !is_stopping_; now = monotonic_now())
    stopping_.wait_for(mutex_, end - now);
  return !is_stopping_;
}

void ObjectInbox::stop() {
  const Lock lock(mutex_);
  is_stopping_ = true;
  stopping_.notify_all();
}

void ObjectInbox::note_answer(Duration time) {
  const Lock lock(mutex_);
  requests_.add(time.count());
  last_answer_ = monotonic_now();
  trouble_since_.reset();
}

void ObjectInbox::note_trouble(const Trouble& trouble, Duration time) {
  const Lock lock(mutex_);
  requests_.add(time.count());
  const Instant now = monotonic_now();
  // What is wrong with one document says nothing of the store.
  if (trouble.kind == Trouble::Kind::impossible) return;
  // Others may have been answered while this one waited.
  if (!trouble_since_) trouble_since_ = std::max(now - time, last_answer_);
  const bool may_pass = trouble.kind == Trouble::Kind::unavailable;
  if (!is_open_ || (may_pass && now - *trouble_since_ < settings_.tolerance)) return;
  set_open(false);
  tell_of_closing(trouble.reason);
}

/// Once for each reason, while it is closed.
void ObjectInbox::tell_of_closing(const std::string& reason) {
  if (std::exchange(told_, reason) == reason) return;
  log_.write(
      Event::object_store_unreachable,
      fmt::format("The inbox {} takes no documents until the object store answers as it should: {}: {}",
                  settings_.name, settings_.target.text(), reason));
}

void ObjectInbox::tell_of_failure(const Trouble& trouble) {
  const Lock lock(mutex_);
  log_.write(Event::upload_not_stored, fmt::format("Upload not stored: {}", trouble.reason));
}

void ObjectInbox::set_open(bool is_open) {
  reported_state_.set(is_open ? "open" : "unreachable");
  is_open_ = is_open;
  trouble_since_.reset();
  if (is_open) told_.clear();
}

void ObjectInbox::report(const store::Outcome& outcome) {
  const Lock lock(mutex_);
  (!outcome ? failed_ : outcome->is_repetition ? repeated_ : stored_).add();
}

void ObjectInbox::tick() {
  if (is_looking_after_.exchange(true)) return;
  const bool runs = lane_.run([self = shared_from_this()] {
    if (self->is_open_)
      self->close_numbers();
    else
      self->probe();
    self->is_looking_after_ = false;
  });
  if (!runs) is_looking_after_ = false;
}

void ObjectInbox::probe() {
  if (is_stopping_) return;
  const auto fault = object_store::fault_of_store(*objects_, settings_.target);
  const Lock lock(mutex_);
  if (!fault || !fault->empty()) return tell_of_closing(fault ? *fault : fault.error().reason);
  set_open(true);
  log_.write(Event::object_store_answers,
             fmt::format("The inbox {} takes documents: the object store answers", settings_.name));
}

/// Readers wait for numbers before those that they have seen.
void ObjectInbox::close_numbers() {
  while (!is_stopping_) {
    std::optional<std::uint64_t> number;
    {
      const Lock lock(mutex_);
      number = numbers_.next_to_close();
    }
    if (!number) return;
    const Place place{.stream = stream_, .number = *number, .id = {}, .name = {}};
    if (close(place, monotonic_now())) continue;
    leave(place);
    return;
  }
}

}  // namespace bobbin::object_inbox
