#include "inbox/load.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "os/random.h"
#include "store/document.h"
#include "store/document_name.h"

namespace bobbin::inbox {
namespace {

using store::Draft;

constexpr std::size_t kAtOnce = 16;
constexpr std::uint64_t kEachLarge = 50;  // one of so many is too large for the journal
constexpr std::size_t kLargeBytes = 150'000;
constexpr std::size_t kMostSmallBytes = 4000;
// More often than a server makes checkpoints, so that a kill meets some of them.
constexpr milliseconds kCheckpointEvery(100);

std::string document(std::uint64_t number) {
  std::array<std::byte, 2> random{};
  os::fill_random(random);
  const std::size_t drawn =
      std::to_integer<std::size_t>(random[0]) << 8U | std::to_integer<std::size_t>(random[1]);
  const std::size_t size = number % kEachLarge == 0 ? kLargeBytes : drawn % kMostSmallBytes;
  std::string fill;
  while (fill.size() < size) fill += store::random_text();
  fill.resize(size);
  return fmt::format("{{\"number\": {}, \"fill\": \"{}\"}}", number, fill);
}

std::string why_it_failed(const store::NotStored& failure) {
  switch (failure.reason) {
    case store::NotStored::Reason::busy: return "the store is busy";
    case store::NotStored::Reason::closed: return "the store is closed, since a sync has failed";
    case store::NotStored::Reason::unreachable: return "the object store does not answer";
    case store::NotStored::Reason::conflict: return "another document has its key";
    case store::NotStored::Reason::failed: break;
  }
  return failure.cause.message();
}

/// Thread: its member functions belong to one thread; documents are finished by others.
class Load {
 public:
  Load(store::FolderStore& store, const Told& told) : store_(store), told_(told) {}

  Result<void, std::string> run(std::uint64_t count) {
    for (std::uint64_t number = 1; number <= count && wait_for_less_than(kAtOnce); ++number)
      begin(document(number));
    static_cast<void>(wait_for_less_than(1));
    const Lock lock(mutex_);
    return failure_.empty() ? Result<void, std::string>() : failure(failure_);
  }

 private:
  void begin(const std::string& content) {
    Draft draft = store_.begin(content.size());
    const bool is_taken = append(draft, content);
    {
      const Lock lock(mutex_);
      if (!is_taken) {
        failure_ = "the store is busy";
        return;
      }
      ++under_way_;
    }
    const crypto::Digest digest = crypto::sha256(content);
    std::move(draft).commit([this, digest](const store::Outcome& outcome) { finish(digest, outcome); });
  }

  bool append(Draft& draft, std::string_view content) {
    while (!content.empty()) {
      const std::string_view piece = content.substr(0, store::Document::kPieceBytes);
      const Draft::Intake intake = draft.append(as_bytes(piece));
      if (intake == Draft::Intake::refused) return false;
      if (intake == Draft::Intake::wait) wait_until_ready(draft);
      content.remove_prefix(piece.size());
    }
    return true;
  }

  void wait_until_ready(Draft& draft) {
    bool is_ready = false;
    draft.when_ready([&] {
      const Lock lock(mutex_);
      is_ready = true;
      changed_.notify_all();
    });
    const Lock lock(mutex_);
    while (!is_ready) changed_.wait(mutex_);
  }

  void finish(const crypto::Digest& digest, const store::Outcome& outcome) {
    const Lock lock(mutex_);
    if (!outcome)
      failure_ = why_it_failed(outcome.error());
    else if (!is_over_)
      is_over_ = !told_(outcome->name, digest);
    --under_way_;
    changed_.notify_all();
  }

  /// Waits, and lets the store make checkpoints. False: no further document is wanted.
  bool wait_for_less_than(std::size_t most) {
    for (;;) {
      if (monotonic_now() >= next_checkpoint_) {
        store_.tick();
        next_checkpoint_ = monotonic_now() + kCheckpointEvery;
      }
      const Lock lock(mutex_);
      if (under_way_ < most) return failure_.empty() && !is_over_;
      changed_.wait_for(mutex_, kCheckpointEvery);
    }
  }

  store::FolderStore& store_;
  const Told& told_;
  Instant next_checkpoint_ = monotonic_now();

  Mutex mutex_;
  ConditionVariable changed_;
  std::size_t under_way_ GUARDED_BY(mutex_) = 0;
  bool is_over_ GUARDED_BY(mutex_) = false;
  std::string failure_ GUARDED_BY(mutex_);
};

}  // namespace

Result<void, std::string> store_documents(store::FolderStore& store, std::uint64_t count, const Told& told) {
  return Load(store, told).run(count);
}

}  // namespace bobbin::inbox
